"""The settings of the work: what an image may cost, who works on it, and who describes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from marshmallow import fields as ma

from aizen.environment import CommaList, Folder, Ports, Widths, address, count, model_name, one_of, seconds, text
from aizen.settings.declaring import DESCRIBERS, setting


@dataclass(frozen=True, kw_only=True)
class Work:
    """What an image may cost, and who works on it."""

    max_image_size: int = setting(10485760, "MAX_IMAGE_SIZE", count(1), "largest upload in bytes; exactly this much passes")
    storage_quota: int = setting(
        10 * 1024**3, "STORAGE_QUOTA", count(0), "bytes of originals that a user may keep, where their account has no other; 0 is no bound"
    )
    max_image_pixels: int = setting(50_000_000, "MAX_IMAGE_PIXELS", count(1), "largest width x height x frames")
    max_image_frames: int = setting(200, "MAX_IMAGE_FRAMES", count(1), "most frames of an animation")
    max_jpeg_scans: int = setting(100, "MAX_JPEG_SCANS", count(1), "most scans of a progressive JPEG")
    max_image_metadata: int = setting(
        4 * 1024 * 1024, "MAX_IMAGE_METADATA", count(1024), "most bytes of text and profiles in an image, unpacked"
    )
    decode_seconds: float = setting(10, "DECODE_SECONDS", seconds(0.1, 300), "longest check of one upload")
    decode_memory: int = setting(
        512 * 1024 * 1024, "DECODE_MEMORY", count(64 * 1024 * 1024), "most memory for checking or resizing one image"
    )
    decode_processes: int = setting(1, "DECODE_PROCESSES", count(1, 16), "children of each web process that check uploads")
    decode_waiting: int = setting(8, "DECODE_WAITING", count(1, 1000), "uploads that may wait for such a child; more get 503")
    transform_seconds: float = setting(
        10, "TRANSFORM_SECONDS", seconds(0.1, 300), "longest rendering while a request waits for it; a worker has longer"
    )
    transform_memory: int = setting(
        512 * 1024 * 1024, "TRANSFORM_MEMORY", count(64 * 1024 * 1024), "most memory for such a rendering; DECODE_MEMORY in a worker"
    )
    transform_processes: int = setting(1, "TRANSFORM_PROCESSES", count(1, 16), "children of each web process that render")
    transform_waiting: int = setting(16, "TRANSFORM_WAITING", count(1, 1000), "renderings that may wait for such a child; more get 503")
    variant_widths: tuple[int, ...] = setting((160, 320, 640, 1280, 1920), "VARIANT_WIDTHS", Widths(), "widths of the variants in pixels")

    fetch_seconds: float = setting(15, "FETCH_SECONDS", seconds(0.1, 60), "longest upload by URL, from the look-up to the last byte")
    fetch_connect_seconds: float = setting(
        5, "FETCH_CONNECT_SECONDS", seconds(0.1, 60), "longest wait for a connection in it, and longest silence of the server"
    )
    fetch_redirects: int = setting(5, "FETCH_REDIRECTS", count(0, 20), "most redirects that it follows")
    fetch_ports: tuple[int, ...] = setting((80, 443), "FETCH_PORTS", Ports(), "ports that it calls, comma-separated")
    fetch_private_networks: bool = setting(
        False,
        "FETCH_PRIVATE_NETWORKS",
        ma.Boolean(),
        "true lets users upload by URL from your private networks (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7), for an intranet",
    )

    sync_max_megapixels: float = setting(
        25,
        "SYNC_MAX_MEGAPIXELS",
        seconds(0.01, 10000),
        "a transformation that has more to decode (width x height x frames) is put off, where the request lets us choose",
    )
    transform_max_side: int = setting(
        4096, "TRANSFORM_MAX_SIDE", count(16, 16383), "longest side of what a transformation makes, in pixels"
    )
    transform_max_steps: int = setting(8, "TRANSFORM_MAX_STEPS", count(1, 100), "most steps of a transformation, those of presets counted")
    presets_file: Path | None = setting(
        None,
        "PRESETS_FILE",
        Folder(),
        "JSON file of further presets: an object of names and recipes, read at the start",
        example="presets.json",
    )
    watermark_font: Path | None = setting(
        None, "WATERMARK_FONT", Folder(), "TrueType or OpenType file for the text of watermarks; a plain one is built in"
    )
    transform_cache_bytes: int = setting(
        2 * 1024**3,
        "TRANSFORM_CACHE_BYTES",
        count(0),
        "bytes of files that transformations made and that are kept; beyond it the least recently used go; 0 is no bound",
    )
    job_result_seconds: int = setting(
        86400, "JOB_RESULT_SECONDS", count(60, 31536000), "how long it is remembered what came of a transformation that was put off"
    )

    trash_seconds: int = setting(
        2592000, "TRASH_SECONDS", count(60, 315360000), "how long an image lies in the trash before it is removed; 30 days unless told"
    )

    batch_seconds: float = setting(
        20, "BATCH_SECONDS", seconds(0.1, 300), "longest run of one batch; images that it has not come to by then are left as they are"
    )

    job_seconds: float = setting(60, "JOB_SECONDS", seconds(1, 3600), "longest run of one piece of work")
    integrity_seconds: float = setting(
        300,
        "INTEGRITY_SECONDS",
        seconds(1, 86400),
        "longest making of an integrity report for administrators; one worker does nothing else then",
    )
    lease_margin_seconds: float = setting(
        30, "LEASE_MARGIN_SECONDS", seconds(0.1, 3600), "what a lease outlives its work by, before another worker takes it"
    )
    job_attempts: int = setting(4, "JOB_ATTEMPTS", count(1, 20), "tries of one piece of work, then it is failed with its reason")
    job_retry_seconds: float = setting(10, "JOB_RETRY_SECONDS", seconds(0.01, 3600), "wait before the second try; doubled each time")
    jobs_per_owner: int = setting(8, "JOBS_PER_OWNER", count(1, 1000), "pieces of work of one user and kind that are queued at a time")
    clock_seconds: float = setting(5, "CLOCK_SECONDS", seconds(0.05, 300), "how often the clock looks for what is due")
    pulse_file: Path | None = setting(
        None, "PULSE_FILE", Folder(), "file that the clock touches after each look, for its health check; none when unset"
    )
    alive_seconds: float = setting(
        300, "ALIVE_SECONDS", seconds(1, 3600), "a worker or clock without a sign of life for longer is unhealthy"
    )
    hint_seconds: float = setting(60, "HINT_SECONDS", seconds(0.05, 3600), "after this long a hint counts as lost and is given again")
    removal_grace_seconds: float = setting(
        900, "REMOVAL_GRACE_SECONDS", seconds(0.1, 86400), "after this long an upload that never finished is removed"
    )
    removal_margin_seconds: float = setting(60, "REMOVAL_MARGIN_SECONDS", seconds(0, 3600), "what the clock waits beyond that")
    idempotency_seconds: int = setting(86400, "IDEMPOTENCY_SECONDS", count(60, 2592000), "how long an Idempotency-Key is remembered")
    longest_wait_seconds: float = setting(20, "LONGEST_WAIT_SECONDS", seconds(0, 60), "longest `Prefer: wait` of a status request")

    ai_describers: tuple[str, ...] = setting(
        ("auto",),
        "AI_DESCRIBERS",
        CommaList(),
        f"describers, asked in this order until one answers: {', '.join(DESCRIBERS)}; auto is one of them: gemini with GEMINI_API_KEY,"
        " else openai with OPENAI_API_KEY or OPENAI_BASE_URL, else offline",
    )
    gemini_api_key: str | None = setting(None, "GEMINI_API_KEY", text(), "key of the Gemini API", secret=True)
    gemini_model: str = setting("gemini-3.5-flash-lite", "GEMINI_MODEL", model_name(), "Gemini's model that describes")
    gemini_base_url: str | None = setting(
        None, "GEMINI_BASE_URL", address("http", "https"), "address of the Gemini API; Google's when unset"
    )
    gemini_sdk: Literal["google-generativeai", "google-genai"] = setting(
        "google-generativeai",
        "GEMINI_SDK",
        one_of("google-generativeai", "google-genai"),
        "Google's library that asks Gemini; google-genai comes with the extra aizen[genai]",
    )
    openai_api_key: str | None = setting(
        None, "OPENAI_API_KEY", text(), "key of OpenAI, or of the server at OPENAI_BASE_URL if it wants one", secret=True
    )
    openai_model: str = setting("gpt-6-luna", "OPENAI_MODEL", model_name(), "model at OpenAI, or at OPENAI_BASE_URL, that describes")
    openai_base_url: str | None = setting(
        None,
        "OPENAI_BASE_URL",
        address("http", "https"),
        "address of a server that speaks as OpenAI does (Ollama, vLLM, LM Studio, OpenRouter …); OpenAI's when unset",
        example="http://localhost:11434/v1",
    )
    ai_seconds: float = setting(
        25, "AI_SECONDS", seconds(0.1, 300), "longest wait for one describer; those of all together fit nine tenths of JOB_SECONDS"
    )
    ai_breaker_failures: int = setting(
        5, "AI_BREAKER_FAILURES", count(1, 1000), "failures in a row after which a provider is left alone for a while"
    )
    ai_breaker_seconds: float = setting(
        60, "AI_BREAKER_SECONDS", seconds(0.1, 3600), "how long; then one try decides whether it is asked again"
    )
