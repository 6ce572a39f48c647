"""Hold the catalogue and the plan that are written beside the demonstration county's layers."""

from __future__ import annotations

DEMO_CATALOG = """\
# Layer catalogue of the synthetic demonstration county 示例县. Made by `geoplan demo FOLDER`; nothing here is a real place.
# Each layer is listed once: where it lies, what its coordinates refer to, how old it is, and how its columns are called.
version: 1
layers:
  county:
    path: boundaries.gpkg
    layer: county
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  townships:
    path: boundaries.gpkg
    layer: townships
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  villages:
    path: boundaries.gpkg
    layer: villages
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  groups:
    path: boundaries.gpkg
    layer: groups
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  settlements:
    path: settlements.gpkg
    layer: settlements
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  homesteads:
    path: homesteads.parquet
    datum: cgcs2000
    vintage: '2025-10-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  willingness:
    path: willingness.csv
    datum: cgcs2000
    vintage: '2025-08-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    located: false
    columns: {自然村编号: settlement_id, 愿搬户数: willing_households, 调查日期: surveyed}
  roads:
    path: network.gpkg
    layer: roads
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    columns: {道路编号: road_id, 道路名称: name, 道路等级: road_class, 路面: surface, 路面宽度: width_m, 单行: oneway, 跨越方式: crossing, 层: road_layer}
    values:
      road_class:
        国道: national
        省道: provincial
        县道: county
        乡道: township
        村道: village
        通组路: group
        步行小路: path
        渡口: ferry
      surface: {沥青: asphalt, 水泥: concrete, 砂石: gravel, 土路: earth, 石板: stone, 水面: water}
      crossing: {桥: bridge, 隧道: tunnel, 漫水路: ford, 渡船: ferry, 溜索: rope}
  rivers:
    path: network.gpkg
    layer: rivers
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  reservoirs:
    path: network.gpkg
    layer: reservoirs
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  cliffs:
    path: network.gpkg
    layer: cliffs
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  bus_lines:
    path: network.gpkg
    layer: bus_lines
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  clinics:
    path: services.gpkg
    layer: clinics
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    columns: {机构编号: facility_id, 机构名称: name, 机构级别: level, 床位数: capacity, 人员数: staff, 乡镇代码: township_code, 村代码: village_code}
    values:
      level: {村卫生室: village, 乡镇卫生院: township, 县级医院: county}
  schools:
    path: services.gpkg
    layer: schools
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  water:
    path: services.gpkg
    layer: water
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  seats:
    path: services.gpkg
    layer: seats
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  service_points:
    path: services.gpkg
    layer: service_points
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  service_centres:
    path: services.gpkg
    layer: service_points
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    where: {kind: [便民服务中心]}
  culture_rooms:
    path: services.gpkg
    layer: service_points
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    where: {kind: [文化室, 文化站]}
  finance_points:
    path: services.gpkg
    layer: service_points
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    where: {kind: [金融服务点]}
  bus_stops:
    path: bus_stops.csv
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    crs: EPSG:4490
    encoding: gb18030
    x: 经度
    y: 纬度
    columns: {站点编号: facility_id, 站点名称: name, 级别: level}
    values:
      level: {等级站: station, 招呼站: stop}
  landslides:
    path: hazards.gpkg
    layer: landslides
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  rockfalls:
    path: hazards.gpkg
    layer: rockfalls
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  debris_flows:
    path: hazards.gpkg
    layer: debris_flows
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  floods:
    path: hazards.gpkg
    layer: floods
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  faults:
    path: hazards.gpkg
    layer: faults
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  hazard_survey:
    path: hazards.gpkg
    layer: hazard_survey
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  red_line:
    path: red_line.fgb
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  farmland:
    path: farmland.fgb
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  places:
    path: places.geojson
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    crs: EPSG:4490
  dem:
    path: dem.tif
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  landcover:
    path: landcover.tif
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
"""

DEMO_PLAN = """\
# Plan of the synthetic demonstration county 示例县. Run it: geoplan run county.yaml --out DIR
version: 1
name: 示例县
name_en: Shili County (synthetic)
year: 2026                       # planning year; deadlines are judged against it
language: zh                     # labels and pages: zh or en
catalog: catalog.yaml            # where every layer lies, relative to this file
crs: EPSG:4544                   # CGCS2000 / 3-degree Gauss-Kruger CM 105E; `auto` would pick by longitude

# Catalogue ids of the layers
settlements: settlements         # 自然村 (points)
county: county
townships: townships
villages: villages               # 行政村
groups: groups                   # 村民小组
roads: roads
dem: dem                         # metres
people_per_household: 3.4        # only where a settlement has people and no households

# What people travel to: each entry makes one column of travel times
services:
  - {id: clinic, label_zh: 卫生室或卫生院, label_en: Clinic, layers: [clinics], levels: [village, township]}
  - {id: hospital, label_zh: 乡镇卫生院及以上, label_en: Township hospital, layers: [clinics], levels: [township, county]}
  - {id: kindergarten, label_zh: 幼儿园, label_en: Kindergarten, layers: [schools], levels: [kindergarten]}
  - {id: primary_school, label_zh: 小学或教学点, label_en: Primary school or teaching point, layers: [schools], levels: [primary, teaching_point]}
  - {id: junior_school, label_zh: 初中, label_en: Junior school, layers: [schools], levels: [junior]}
  - {id: water, label_zh: 供水点, label_en: Water point, layers: [water], mode: walk, trip: round_trip, kind: water}
  - {id: seat, label_zh: 政府驻地, label_en: Government seat, layers: [seats], levels: [township, county]}
  - {id: bus_stop, label_zh: 客运站或招呼站, label_en: Bus stop, layers: [bus_stops]}
  - {id: service_centre, label_zh: 便民服务中心, label_en: Service centre, layers: [service_centres]}
  - {id: culture_room, label_zh: 文化室, label_en: Culture room, layers: [culture_rooms]}

# Hazards; outside the surveyed ground exposure is unknown, never zero
hazards:
  - {layer: landslides, kind: landslide, survey_area: hazard_survey}
  - {layer: rockfalls, kind: rockfall, survey_area: hazard_survey}
  - {layer: debris_flows, kind: debris_flow, survey_area: hazard_survey}
  - {layer: floods, kind: flood, survey_area: hazard_survey}
  - {layer: faults, kind: fault, survey_area: hazard_survey}
homesteads: homesteads           # 宅基地: exposure by houses, land released by moving
willingness: willingness         # who was asked and would move; who was not asked stays unknown
ecology:                         # protected land under the houses
  red_line: [red_line]
  basic_farmland: [farmland]
farmland: farmland               # what people can till within reach

access:
  speeds: speeds_cn_2026         # by road class, surface and season
  seasons: [dry, wet]            # fords, ferries and rope crossings close when wet
  walk_kmh: 5.0                  # on level ground
  walking: walking_2026          # walking speed by land cover and by who walks
  landcover: landcover           # classes of the ground people walk on
  barriers: [rivers, reservoirs, cliffs] # nobody walks across them
  cliff_deg: 45                  # steeper than this nobody walks
  move_max_m: 500                # a point that no walk leaves (on water, off the grid) is moved at most so far
  gap_tolerance_m: 2.0           # road ends closer than this are joined

standards: four_level_2015       # what a township, village, group and household must have
relocation: hazard_avoidance_2023 # indicators, weights and thresholds of 避险搬迁
costs: costs_cn_2026             # prices of serving in place and of moving; replace by the county's own
certainty: {draws: 10000, seed: 20260101} # how sure each class is, by drawing what is uncertain
allocation:
  travel_limit_min: 45           # the old land stays within so many minutes

sites:
  cell_m: 50
  slope_max_deg: 15
  min_area_m2: 10000
  hazard_margin_m: 50
  exclusions: [red_line, farmland, reservoirs]
  places: places                 # 集镇、聚居点、园区 with stated capacity
  max_road_m: 1000
  farmland: farmland             # what people of a site could till

output:
  group_pages: true              # one map per village group
  simplify_m: 10
"""
