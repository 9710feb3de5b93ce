"""What an administrator may set: one flat TOML file, overridden by CORDEE_* in the environment.

The rule kept here: a setting is declared once, below, with its sentence; an unknown key or a bad value is an error that names
it and says what to write instead. No setting relaxes the gate.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from federation.errors import Malformed
from federation.origin import host_of
from instance.errors import ConfigError
from instance.home import Home

DEFAULT_PATH = Path("/etc/cordee/cordee.toml")
PREFIX = "CORDEE_"
# Variables of the prefix that are no settings: where the file is, and what only `cordee init` reads.
OTHER_VARIABLES = {"CORDEE_CONFIG", "CORDEE_PASSWORD"}
_HOST = re.compile(
    r"(?=.{1,253}(:|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?"
)


def _networks(value: object) -> tuple[IPv4Network | IPv6Network, ...]:
    """A list in the file; in an environment variable, written with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise ValueError('must be a list of networks such as ["10.8.0.0/24"]')  # noqa: TRY004  pydantic reports only a ValueError
    return tuple(_network(str(part).strip()) for part in parts if part)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{error}: write a network such as 10.8.0.0/24 or fd00::/8") from error


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]


def _host(iri: str) -> str:
    """The host in its one form, punycode included; nothing for what cannot be read."""
    try:
        return host_of(iri)
    except Malformed:
        return ""


def _is_loopback(hostname: str) -> bool:
    if hostname == "localhost" or hostname.endswith(".localhost"):
        return True
    try:
        return ip_address(hostname).is_loopback
    except ValueError:
        return False


class Config(BaseSettings):
    """The settings of a node. Each field's description is what `cordee init` and docs/configuration.md say of it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    domain: str = Field(
        description="The company's host as it stands in handles: @alice@acme.example. It changes with cordee move-domain alone."
    )
    company: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="The company's name as partners read it in charters.",
    )
    base_url: str = Field(
        default_factory=lambda known: f"https://{known['domain']}",
        description="Where the outside reaches this node. https, except on localhost. Default: https://<domain>.",
    )
    listen: str = Field(
        default="127.0.0.1:8000",
        description="Address and port the server listens on, behind your TLS proxy.",
    )
    data_dir: Path = Field(
        default=Path("/var/lib/cordee"),
        description="Directory of the database, the pictures and the seal key. Back it up.",
    )
    database: Path = Field(
        default_factory=lambda known: known["data_dir"] / "cordee.sqlite",
        description="The SQLite file. A local disk, never a network share. Default: cordee.sqlite in data_dir.",
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Networks of the proxies whose X-Forwarded-For is believed.",
    )
    allowed_networks: Networks = Field(
        default=(),
        description="Private networks in which partners' nodes may live (a VPN); others are refused as addresses to send to.",
    )
    locale: Literal["en", "fr"] = Field(
        default="en", description="Language of pages and messages for who has not chosen one."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much the log says. It never holds content."
    )
    delivery_concurrency: int = Field(
        default=8, ge=1, le=64, description="Partner hosts that are delivered to at the same time."
    )
    upload_limit_mib: int = Field(
        default=16,
        ge=1,
        le=16,
        description="Largest picture, film or sound a person may upload, in MiB. Partners take none above 16.",
    )
    text_limit_chars: int = Field(
        default=5000,
        ge=500,
        le=50_000,
        description="Longest post, in characters as Mastodon apps count them.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file; nothing else is read."""
        return env_settings, init_settings

    @field_validator("domain")
    @classmethod
    def _domain_is_a_host(cls, value: str) -> str:
        value = value.strip()
        host = _host(f"https://{value}")
        if not _HOST.fullmatch(host) or urlsplit(f"https://{value}").netloc != value:
            raise ValueError("must be a host such as acme.example, without https:// and without a path")
        return host

    @field_validator("base_url")
    @classmethod
    def _base_url_is_an_origin(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        host, parts = _host(value), urlsplit(value)
        if not _HOST.fullmatch(host) or parts.path or parts.query or parts.fragment:
            raise ValueError("must be a scheme and a host such as https://acme.example, without a path")
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise ValueError(f"must begin with https://: write https://{parts.netloc}")
        return f"{parts.scheme}://{host}"

    @field_validator("listen")
    @classmethod
    def _listen_is_host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise ValueError("must be an address and a port such as 127.0.0.1:8000")
        return value

    @model_validator(mode="after")
    def _handles_and_addresses_agree(self) -> Self:
        if self.home.host != self.domain:
            raise ValueError(
                f'base_url is on {self.home.host} but domain is {self.domain}: write domain = "{self.home.host}"'
            )
        return self

    @property
    def home(self) -> Home:
        """Where this node lives."""
        return Home(self.base_url, self.company)

    @property
    def listen_host(self) -> str:
        """The address to bind, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """The port to bind."""
        return int(self.listen.rpartition(":")[2])

    @property
    def media_dir(self) -> Path:
        """Directory of pictures."""
        return self.data_dir / "media"

    @property
    def seal_key_path(self) -> Path:
        """File of the key that seals letters; readable by the server's user alone."""
        return self.data_dir / "seal.key"


def find_path(given: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration file: the one given, else CORDEE_CONFIG, else the default."""
    return given or Path(environ.get("CORDEE_CONFIG", DEFAULT_PATH))


def load(path: Path) -> Config:
    """Read and check the configuration at `path`. ConfigError names the first thing that is wrong, and where."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}. Make one with: cordee init --config {path}") from error
    return parse(text, str(path))


def parse(text: str, where: str = "cordee.toml") -> Config:
    """Check configuration text. Raises ConfigError."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: {error}") from error
    return build(values, lambda key: f"{where}{_line(text, key)}: {key}")


def build(values: Mapping[str, Any], name: Any = str) -> Config:
    """Check values as the file would hold them. `name` says where a key stands. Raises ConfigError."""
    _refuse_unknown(values, Config.model_fields, name)
    variables = [key for key in os.environ if key.startswith(PREFIX) and key not in OTHER_VARIABLES]
    _refuse_unknown(variables, [PREFIX + key.upper() for key in Config.model_fields], str)
    try:
        return Config(**values)
    except ValidationError as error:
        raise ConfigError(_first_fault(error, name)) from error


def _line(text: str, key: str) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*\[*[\"']?{re.escape(key)}\b", line):
            return f", line {number}"
    return ""


def _refuse_unknown(given: Iterable[str], known: Iterable[str], name: Any) -> None:
    known = list(known)
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"Known are: {', '.join(known)}."
            raise ConfigError(f"{name(key)} is no setting of Cordée. {hint}")


def _first_fault(error: ValidationError, name: Any) -> str:
    fault = next(f for f in error.errors() if f["type"] != "default_factory_not_called")
    reason = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return reason
    key = str(fault["loc"][0])
    variable = PREFIX + key.upper()
    if fault["type"] == "missing":
        return f'{name(key)} is missing: write {key} = "…" or set {variable}'
    return f"{variable if variable in os.environ else name(key)}: {reason}"


def render(config: Config, chosen: Iterable[str]) -> str:
    """A commented TOML file that sets the `chosen` keys and shows what every other one would say."""
    head = "# Cordée. Every setting can also be given as CORDEE_<NAME> in the environment.\n"
    values = config.model_dump()
    settings = (
        f"# {info.description}\n{'' if key in chosen else '# '}{key} = {_toml(values[key])}\n"
        for key, info in Config.model_fields.items()
    )
    return "\n".join([head, *settings])


def _toml(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
