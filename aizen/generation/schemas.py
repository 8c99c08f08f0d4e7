"""What is sent to have an image generated."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields

from aizen.generation.ordering import LARGEST_SEED, LONGEST_PROMPT, MOST_STEPS, SIDE, SMALLEST_SIDE
from aizen.images.schemas import TAGS_IN_A_LIST, ImageSchema, LinksSchema, Tags
from aizen.web.fields import Text, Truth, Whole

# What may be set lower, by GENERATION_MAX_SIDE.
LARGEST_SIDE = 4096


def _side() -> Whole:
    # What an installation takes is its own affair, and it says so by itself: see ``ordering``.
    bounds = {"minimum": SMALLEST_SIDE, "maximum": LARGEST_SIDE}
    return Whole(
        lowest=-(10**9),
        highest=10**9,
        metadata={**bounds, "description": f"Pixels; {SIDE} unless told, or `GENERATION_MAX_SIDE` where that is less"},
    )


class RemixSchema(Schema):
    """What is to be otherwise than in the image that is remixed; what is not named is as it was, but for the seed."""

    prompt = Text(longest=LONGEST_PROMPT, shortest=1, lines=True, metadata={"description": "What the picture is to show"})
    negative_prompt = Text(
        longest=LONGEST_PROMPT, lines=True, metadata={"description": "What it is not to show, for the models that take such a thing"}
    )
    width = _side()
    height = _side()
    seed = Whole(
        lowest=0, highest=LARGEST_SEED, metadata={"description": "The same seed and words give the same picture; random unless told"}
    )
    steps = Whole(lowest=1, highest=MOST_STEPS, metadata={"description": "How often the model goes over it; its own number unless told"})
    model = Text(longest=100, shortest=1, metadata={"description": "One of those that /capabilities lists; the first unless told"})
    title = Text(longest=200)
    tags = Tags(in_a_list=True, metadata=TAGS_IN_A_LIST)
    describe = Truth(metadata={"description": "false leaves the description out"})


class GenerateSchema(RemixSchema):
    """An image that is to be generated."""

    prompt = Text(
        required=True,
        longest=LONGEST_PROMPT,
        shortest=1,
        lines=True,
        metadata={"description": "What the picture is to show", "example": "a quiet river at nine, in the manner of a woodcut"},
    )


class OldGenerateSchema(GenerateSchema):
    """The same at an old address."""

    class Meta:
        unknown = EXCLUDE


class OrderedLinksSchema(LinksSchema):
    """Where to go from an image that was ordered."""

    job = fields.String(required=True, metadata={"description": "How far it is, and where it is called off"})


class OrderedSchema(ImageSchema):
    """An image that is being generated."""

    links = fields.Nested(OrderedLinksSchema, required=True)
