"""Hold the catalogue that is written beside the demonstration county's layers."""

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
    columns: {机构编号: facility_id, 机构名称: name, 机构级别: level, 床位数: capacity, 人员数: staff, 乡镇代码: township_code, 村代码: village_code,
              合格医生: doctors, 全科医生: gps, 达标: standard_met}
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
  sports_grounds:
    path: services.gpkg
    layer: sports_grounds
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  weather_stations:
    path: services.gpkg
    layer: weather_stations
    datum: cgcs2000
    vintage: '2026-01-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  masts:
    path: services.gpkg
    layer: masts
    datum: cgcs2000
    vintage: '2025-12-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
  transformers:
    path: transformers.parquet
    datum: cgcs2000
    vintage: '2025-12-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    columns: {台区编号: facility_id, 台区名称: name, 乡镇代码: township_code, 村代码: village_code, 容量kVA: supply_kva, 供电半径: radius_m}
  # What other departments have on file about the same things, to be compared
  clinics_insurance:               # 医保定点机构
    path: clinics_insurance.csv
    datum: cgcs2000
    vintage: '2025-11-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    crs: EPSG:4490
    encoding: gb18030
    x: 经度
    y: 纬度
    columns: {定点编码: facility_id, 卫健机构编号: code, 机构名称: name, 机构级别: level, 床位: capacity, 医师: doctors, 乡镇代码: township_code}
    values:
      level: {村级: village, 乡级: township, 县级: county}
  villages_civil:                  # 民政部门的村名册
    path: villages_civil.csv
    datum: cgcs2000
    vintage: '2025-10-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    located: false
    columns: {行政村代码: code, 村名: name, 乡镇代码: township_code, 户籍人口: persons, 户数: households}
  villages_statistics:             # 统计部门的村名册
    path: villages_statistics.csv
    datum: cgcs2000
    vintage: '2025-11-01'
    licence: MIT (synthetic)
    source: geoplan.synthetic
    located: false
    columns: {统计用区划代码: code, 村委会名称: name, 乡级代码: township_code, 人口: persons, 家庭户: households}
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
