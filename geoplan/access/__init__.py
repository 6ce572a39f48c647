"""Travel time to services: walking over terrain joined to the road network."""
