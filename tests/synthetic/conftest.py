"""One county for the whole room: it takes seconds to make."""

from __future__ import annotations

import pytest

from geoplan.synthetic import SyntheticCounty, make_county


@pytest.fixture(scope="session")
def county() -> SyntheticCounty:
    return make_county()
