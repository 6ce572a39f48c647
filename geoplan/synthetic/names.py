"""Make Chinese place names in the manner of the Qinba mountains: surnames, landforms, trees and old trades."""

from __future__ import annotations

import numpy as np

_SURNAMES = "张王李赵陈刘杨黄何罗马唐冯邓曹彭袁谢韩吴徐周胡郭苟蒲鲜向岳侯董熊廖田夏谭魏郑蔡贾龙易白文严庞屈"
_FORMS = "家湾 家坪 家沟 家梁 家院 家坝 家咀 家垭 家河 家山 家岩 家寨 家塝 家大院 家老屋 家坡 家塬 家碥".split()
_FIRST = (
    "大石 青杠 黄柏 柏树 松树 核桃 板栗 漆树 杉木 桃园 梨树 枣子 竹林 茅草 石板 红岩 白岩 黑水 龙洞 凉水 双河 两河 "
    "三溪 响水 磨盘 油坊 瓦窑 碾子 铁厂 煤炭 纸厂 水磨 盐井 土地 观音 娘娘 老庙 金竹 银杏 马鞍 牛角 羊角 猫儿 老鹰 "
    "喜鹊 野鸡 狮子 鹞子 长坡 高坎 平顶 天池 月亮 太阳 云雾 雷打 火烧 新房 草房 楼房 中心 上街 下街 回龙 麻柳 楠木 "
    "花椒 茶园 药铺 木瓜 葛藤 鸡公 蛇溪 "
).split()
_LAST = ("湾 坪 沟 梁 坝 咀 垭 河 坡 岩 寨 塝 碥 包 窝 岭 槽 塘 溪 垭口 河坝 院子 坎上 桥头 沟口 湾里 坪上 ").split()
_TOWNSHIPS = (
    "云台镇 双河镇 青石镇 龙泉乡 大坪镇 沙溪镇 柏林乡 茶坝镇 木门镇 黄洋镇 天星乡 金溪镇 盐河镇 万家乡 石窝镇 鹿亭乡 三江镇 白鹤乡 东岭乡 枣林镇 高阳镇 月坝乡 "
    "九龙镇 花溪乡 "
).split()
_VILLAGES_A = (
    "新 红 东 光 建 民 团 永 前 长 龙 凤 青 白 金 石 双 大 高 平 太 清 明 文 兴 安 福 和 玉 星 桂 松 柏 云 仙 三 五 九 中 古 "
).split()
_VILLAGES_B = (
    "华 星 丰 明 设 主 结 远 进 坪 台 岭 岩 溪 坝 河 峰 山 泉 阳 安 乐 光 林 昌 庙 关 店 寨 池 塘 桥 堰 包 梁 江 田 园 水 "
).split()
STREAMS = (
    "双河 沙溪 响水河 龙洞河 白水河 柏溪 茶溪 木门河 黄洋河 青溪 石窝河 鹿溪 三溪 东河 西河 南溪 北溪 盐井河 金溪 大通河 小通河 月溪 "
    "平溪 竹溪 "
).split()
COUNTY_SEAT = "城关镇"


def _combine(rng: np.random.Generator, first: list[str], last: list[str], count: int) -> list[str]:
    """Return ``count`` different combinations in random order; beyond the supply, with 上/下/新/老 before them."""
    pool = list(dict.fromkeys(a + b for a in first for b in last if a[-1] != b[0]))
    names = [pool[k] for k in rng.permutation(len(pool))]
    extra = [mark + one for mark in "上下新老中" for one in names]
    return (names + extra)[:count]


def name_settlements(rng: np.random.Generator, towns: list[str], count: int) -> list[str]:
    """Return ``count`` different names such as 张家湾, 大石坝, 青杠垭; the seats of ``towns`` come first (云台街)."""
    family = _combine(rng, list(_SURNAMES), _FORMS, count)
    nature = _combine(rng, _FIRST, _LAST, count)
    pick = rng.random(count) < 0.45
    made = [family[k] if pick[k] else nature[k] for k in range(count)]
    return ["示例县城", *[one[:-1] + "街" for one in towns[1:]], *made[len(towns) :]]


def name_roads(places: list[str]) -> list[dict[str, str]]:
    """Return for each place the names of the roads built for it, by class."""
    return [
        {
            "national": "国道G990",
            "provincial": "省道S991",
            "county": f"县道X{k:03d} {place}线",
            "township": f"乡道Y{k:03d} {place}线",
            "village": f"村道C{k:03d} {place}路",
            "group": f"{place}通组路",
            "path": f"{place}小路",
        }
        for k, place in enumerate(places)
    ]


def name_villages(rng: np.random.Generator, count: int) -> list[str]:
    """Return ``count`` different administrative-village names such as 新华村."""
    return [one + "村" for one in _combine(rng, _VILLAGES_A, _VILLAGES_B, count)]


def name_townships(rng: np.random.Generator, count: int) -> list[str]:
    """Return ``count`` different township names, the county seat's first."""
    return [COUNTY_SEAT, *[_TOWNSHIPS[k] for k in rng.permutation(len(_TOWNSHIPS))[: count - 1]]]
