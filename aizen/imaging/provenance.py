"""Where a picture comes from, in the IPTC's vocabulary of digital source types, and what is to be said of what is made of it.

No pixel is touched here: the terms follow from the steps alone, so that a file's name can tell them before it is rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aizen.imaging import Rights
from aizen.imaging.steps import Crop, Flip, Mirror, Radius, Resize, Rotate, Step, Trim
from aizen.imaging.turns import RIGHT_ANGLES

# Drawn by code that has learnt from nothing.
ALGORITHMIC = "algorithmicMedia"
# Made by a model that has learnt from other pictures; and such a picture, or a part of one, together with something else.
TRAINED = "trainedAlgorithmicMedia"
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
# All terms that say that a model has made something of what is seen.
BY_MODELS = frozenset((TRAINED, COMPOSITE, "compositeSynthetic"))


def source_type_after(steps: Sequence[Step], source_type: str | None, *, marks: Iterable[str | None] = ()) -> str | None:
    """The term of what ``steps`` make of a picture of ``source_type``; ``marks`` are those of the pictures that they lay over it.

    What a model has made stays that as long as parts of it are only taken away, turned or scaled. As soon as a step adds to it or alters
    it, people and machines have both had their share: a composite, which is also what a photograph becomes under such a picture.
    """
    if source_type == TRAINED:
        return TRAINED if all(map(_adds_nothing, steps)) else COMPOSITE
    if source_type in BY_MODELS:
        return source_type
    return COMPOSITE if BY_MODELS.intersection(marks) else source_type


def rights_after(
    steps: Sequence[Step], rights: Rights | None, *, marks: Iterable[str | None] = (), keep_names: bool = True
) -> Rights | None:
    """What a file says that ``steps`` make of a picture of these ``rights``, or None where there is nothing to say.

    Without ``keep_names`` it says only that a model has had a part in it: nobody is named by that, and nobody may be misled by its lack.
    """
    own = rights or Rights()
    source_type = source_type_after(steps, own.digital_source_type, marks=marks)
    if keep_names:
        said = replace(own, digital_source_type=source_type)
    else:
        said = Rights(digital_source_type=source_type if source_type in BY_MODELS else None)
    return said if said != Rights() else None


def _adds_nothing(step: Step) -> bool:
    match step:
        case Crop() | Trim() | Flip() | Mirror() | Radius():
            return True
        case Resize():
            return step.fit != "pad"
        case Rotate():
            # By any other angle there are corners, which are filled.
            return step.angle in RIGHT_ANGLES
        case _:
            return False
