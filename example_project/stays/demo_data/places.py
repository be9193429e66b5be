"""Where one can stay."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An invented listing; `host` counts in `people.HOSTS`."""

    host: int
    title: str
    town: str
    nightly_price: int
    sleeps: int
    description: str


PLACES = [
    Place(
        host=0,
        title="Blue-tiled flat over the bakery",
        town="Alfeira",
        nightly_price=84,
        sleeps=3,
        description="Two rooms and a balcony in the old town. The ovens start at four; you wake to the smell alone.",
    ),
    Place(
        host=0,
        title="Boat shed by the slipway",
        town="Porto Cabrinho",
        nightly_price=112,
        sleeps=4,
        description="Where boats were mended: a wood stove, a door as wide as the room. The tide comes to the step.",
    ),
    Place(
        host=0,
        title="Attic with the round window",
        town="Alfeira",
        nightly_price=66,
        sleeps=2,
        description="Ninety-one stairs, and from the bed a view over every roof down to the river.",
    ),
    Place(
        host=1,
        title="Schoolhouse on the moor",
        town="Kilbrannoch",
        nightly_price=128,
        sleeps=6,
        description="One long classroom, a bell that still works, sheep at the fence, and a very narrow road.",
    ),
    Place(
        host=2,
        title="Courtyard room near the market",
        town="Zielona Brama",
        nightly_price=48,
        sleeps=2,
        description="Quiet room behind two gates; the market is at the corner on Wednesdays and Saturdays.",
    ),
    Place(
        host=3,
        title="Tatami house with a maple",
        town="Misono",
        nightly_price=139,
        sleeps=4,
        description="Four rooms around a garden of moss. Shoes stay at the door, the bath is of cedar.",
    ),
    Place(
        host=4,
        title="Garden cottage in Ilupeju Close",
        town="Adewole",
        nightly_price=57,
        sleeps=3,
        description="Behind the family house, with its own gate, a mango tree and power that stays on.",
    ),
    Place(
        host=5,
        title="Cave house below the almond terraces",
        town="Guadalmira",
        nightly_price=95,
        sleeps=5,
        description="Cut into the hill, twenty degrees the year round. The terrace looks at the snow.",
    ),
    Place(
        host=6,
        title="Red cabin at the end of the pier",
        town="Vestnes Indre",
        nightly_price=151,
        sleeps=4,
        description="A fisher's cabin on piles, with a rowing boat and a sauna. Northern lights when they like.",
    ),
    Place(
        host=7,
        title="Rooftop room with a fig tree",
        town="Shahr-e Bagh",
        nightly_price=39,
        sleeps=2,
        description="Breakfast is on the roof, under the fig, for as long as the sun allows.",
    ),
    Place(
        host=8,
        title="Mill on the slow river",
        town="Saint-Aubin-le-Gué",
        nightly_price=163,
        sleeps=8,
        description="The wheel is gone, the water is not: you hear it in every room. Bicycles are in the barn.",
    ),
    Place(
        host=9,
        title="Railway carriage in the orchard",
        town="Llanfethlyn",
        nightly_price=74,
        sleeps=2,
        description="A third-class carriage of 1911 among apple trees. The berths are longer than they look.",
    ),
    Place(
        host=10,
        title="Stone rondavel with a view of the range",
        town="Thaba Ndlovu",
        nightly_price=88,
        sleeps=4,
        description="Thatch, a fire pit, and no light for ten miles but your own.",
    ),
    Place(
        host=11,
        title="Two rooms on the piazzetta",
        town="Montefosco",
        nightly_price=101,
        sleeps=4,
        description="First floor, green shutters, the café below opens at six and knows you on the second day.",
    ),
]
