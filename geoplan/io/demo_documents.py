"""Hold the plan that is written beside the demonstration county's layers."""

from __future__ import annotations

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
  - {id: finance_point, label_zh: 金融服务点, label_en: Finance point, layers: [finance_points], times: false}
  - {id: sports_ground, label_zh: 健身场地, label_en: Sports ground, layers: [sports_grounds], times: false}
  - {id: weather_station, label_zh: 气象站, label_en: Weather station, layers: [weather_stations], times: false}
  - {id: bus_station, label_zh: 等级客运站, label_en: Bus station, layers: [bus_stops], levels: [station], times: false}
  - {id: transformer, label_zh: 配电台区, label_en: Transformer, layers: [transformers], times: false}
  - {id: mast, label_zh: 通信基站, label_en: Mast, layers: [masts], times: false}
  # Children walk at their own pace (walkers of the walking preset)
  - {id: kindergarten_walk, label_zh: 幼儿园(步行), label_en: Kindergarten on foot, layers: [schools], levels: [kindergarten],
     mode: walk, walker: child_1_3}
  - {id: primary_walk, label_zh: 小学或教学点(1—3年级步行), label_en: Primary school on foot (grades 1–3), layers: [schools], levels: [primary, teaching_point],
     mode: walk, walker: child_1_3}
  - {id: primary_walk_46, label_zh: 小学(4—6年级步行), label_en: Primary school on foot (grades 4–6), layers: [schools], levels: [primary],
     mode: walk, walker: child_4_6}

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

coverage:                        # where to build, water, power and signal, ranking, two departments' layers compared
  siting:
    - {id: new_clinics, service: clinic, model: mclp, within_min: 30, facilities: 5, candidates: villages} # 30分钟就医圈
    - {id: new_kindergartens, service: kindergarten, model: p_median, within_min: 30, facilities: 5, candidates: villages, age_group: kindergarten}
  water: {sources: [water]}      # 集中供水站与山泉: water_kind, yield_m3_day, reliability_share
  lines:
    - id: power
      label_zh: 供电半径
      label_en: Power supply radius
      layers: [transformers]
      radius_m: 500              # of transformers that state none
      kind: wired
      source: 惯例：农村低压供电半径500米，决定只要求缩短供电半径
      status: convention
    - id: signal
      label_zh: 移动信号
      label_en: Mobile signal
      layers: [masts]
      radius_m: 3000             # of masts that state none
      kind: signal
      source: 惯例：山区基站覆盖半径，以运营商测试为准
      status: convention
  ranking: {draws: 2000, seed: 20260101} # every item alike
  comparisons:
    - id: clinics
      label_zh: 卫健与医保的医疗机构
      label_en: Clinics on file with health and insurance
      left: clinics
      right: clinics_insurance
      left_label_zh: 卫健
      left_label_en: Health bureau
      right_label_zh: 医保
      right_label_en: Medical insurance
      code: code                 # 卫健机构编号; the health bureau's own layer is matched by its facility_id
      within_m: 300
      columns: {capacity: 0, doctors: 0, level: 0}
    - id: villages
      label_zh: 民政与统计的行政村
      label_en: Villages on file with civil affairs and statistics
      left: villages_civil
      right: villages_statistics
      left_label_zh: 民政
      left_label_en: Civil affairs
      right_label_zh: 统计
      right_label_en: Statistics
      code: code
      columns: {persons: 5, households: 1} # differences that still agree

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
  static_maps: [count]           # maps for documents, as PDF of A4
  simplify_m: 10
"""
