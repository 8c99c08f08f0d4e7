"""The settings of generation: who paints, with which models, and how long that may take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec

from aizen.environment import CommaList, address, count, model_name, one_of, seconds, text
from aizen.settings.declaring import HF_PROVIDERS, PAINTERS, PLACARD_MODEL, setting

MODEL_IN_ADDRESS = "{model}"
MODEL_AT_THE_HUB = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Generation:
    """Who paints."""

    ai_painters: tuple[str, ...] = setting(
        ("auto",),
        "AI_PAINTERS",
        CommaList(),
        f"painters, asked in this order until one has a picture: {', '.join(PAINTERS)}; auto is one of them: huggingface with HF_TOKEN or"
        " HF_BASE_URL, else offline, which draws a placard that says so",
    )
    hf_token: str | None = setting(
        None, "HF_TOKEN", text(), "token of Hugging Face, or of the server at HF_BASE_URL if it wants one", secret=True
    )
    hf_model: str = setting("black-forest-labs/FLUX.1-dev", "HF_MODEL", model_name(), "model that paints where a user names none")
    hf_models: tuple[str, ...] = setting(
        (),
        "HF_MODELS",
        CommaList(),
        "further models that a user may name, comma-separated",
        example="black-forest-labs/FLUX.1-schnell,stabilityai/stable-diffusion-xl-base-1.0",
    )
    hf_provider: str = setting(
        "auto",
        "HF_PROVIDER",
        one_of(*HF_PROVIDERS),
        f"who runs the models for Hugging Face: {', '.join(HF_PROVIDERS)}; auto is the first of them that has the model",
    )
    hf_base_url: str | None = setting(
        None,
        "HF_BASE_URL",
        address("http", "https"),
        "address of an Inference Endpoint, or of a server that speaks as one does; {model} in it stands for the model's name",
        example="http://localhost:8080/models/{model}",
    )
    generation_max_side: int = setting(
        2048, "GENERATION_MAX_SIDE", count(64, 4096), "longest side of a picture that may be asked for, in pixels"
    )
    generations_per_day: int = setting(
        100, "GENERATIONS_PER_DAY", count(0, 1_000_000), "images that one user may order in a day, in UTC; 0 is no bound"
    )
    paintings_per_owner: int = setting(
        1, "PAINTINGS_PER_OWNER", count(1, 1000), "images of one user that are generated at a time; the others wait for their turn"
    )
    paint_seconds: float = setting(90, "PAINT_SECONDS", seconds(0.1, 900), "longest wait for one painter")

    @property
    def painters(self) -> tuple[str, ...]:
        """The painters in the order in which they are asked, each once, ``auto`` resolved."""
        automatic = "huggingface" if self.hf_token or self.hf_base_url else "offline"
        return tuple(dict.fromkeys(automatic if name == "auto" else name for name in self.ai_painters))

    @property
    def painter_models(self) -> tuple[str, ...]:
        """What a user may name as the model, the default first. What the offline painter draws is nobody's choice while another paints."""
        if "huggingface" in self.painters:
            return tuple(dict.fromkeys((self.hf_model, *self.hf_models)))
        return (PLACARD_MODEL,)

    def _check_painters(self, faults: list[str]) -> None:
        names = self.painters
        if not names or not set(names) <= set(PAINTERS):
            faults.append(f"AI_PAINTERS: must name some of {', '.join(PAINTERS)}, or auto")
        if "offline" in names[:-1]:
            faults.append("AI_PAINTERS: offline always has a picture, so it must be the last")
        if "huggingface" in names:
            self._check_huggingface(faults)

    def _check_huggingface(self, faults: list[str]) -> None:
        if not (self.hf_token or self.hf_base_url):
            faults.append("HF_TOKEN: required when AI_PAINTERS names huggingface, but for a server at HF_BASE_URL that wants none")
        if self.hf_token and not self.hf_base_url and self.hf_provider == "auto" and not self.hf_token.startswith("hf_"):
            # The library sends a token that is not Hugging Face's to whichever company it has chosen.
            faults.append("HF_TOKEN: a token of Hugging Face begins with hf_; with a company's own key, HF_PROVIDER must name the company")
        for variable, names in (("HF_MODEL", (self.hf_model,)), ("HF_MODELS", self.hf_models)):
            faults += [
                f"{variable}: {name[:100]} is no model's name such as black-forest-labs/FLUX.1-dev"
                for name in names
                if len(name) > 100 or not MODEL_AT_THE_HUB.fullmatch(name)
            ]
        if self.hf_models and self.hf_base_url and MODEL_IN_ADDRESS not in self.hf_base_url:
            faults.append(f"HF_MODELS: a server at HF_BASE_URL has one model, unless {MODEL_IN_ADDRESS} stands in the address")
        if find_spec("huggingface_hub") is None:
            faults.append(
                "AI_PAINTERS: huggingface is not installed; it is the extra huggingface: pip install 'huggingface-hub>=2.4,<3';"
                " AI_PAINTERS=offline does without"
            )
