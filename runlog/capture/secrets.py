"""What must never enter a store: told by its name or by its shape. Pure; knows nothing of runs.

By name, `api_key` and `--db-password` are secrets, `tokenizer` and `max_tokens` are not. By shape, tokens of well-known
services are, wherever they stand; hashes and ids are not, for they look like nothing else than what they are.
Every pattern waits to be compiled until a text holds the letters it begins with: most never do.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

WITHHELD = "<withheld>"


class Secret(NamedTuple):
    """Where something secret stands in a text, and what it seems to be. Its value is not kept."""

    kind: str
    line: int
    start: int
    end: int


_SECRET_ENDS = (
    *("password", "passwd", "passphrase", "passcode", "apikey", "accesskey", "secretkey", "privatekey"),
    *("authtoken", "accesstoken", "clientsecret"),
)
_SECRET_WORDS = {"secret", "secrets", "credential", "credentials", "cred", "creds", "authorization", "bearer", "jwt", "cookie"}
_KEYS_OF = {
    *("api", "access", "private", "secret", "signing", "signature", "encryption", "auth", "account", "storage", "master"),
    *("ssh", "subscription", "deploy", "admin"),
}
# Short words that mean something else in most names: a forward pass is no password.
_ONLY_AFTER = {
    "pass": {"smtp", "db", "database", "user", "mail", "email", "mysql", "pg", "ftp", "proxy", "admin", "redis", "login", "root"},
    "pat": {"github", "gitlab", "azure", "gh", "git", "devops"},
}
_PATHS = ("/", "./", "../", "~/")
_FILES = (".json", ".pem", ".yaml", ".yml", ".toml", ".txt", ".env", ".key")
# What a model calls its tokens.
_TOKENS_OF = {
    *("pad", "padding", "eos", "bos", "unk", "mask", "cls", "sep", "special", "start", "end", "stop", "begin", "image", "audio"),
    *("video", "text", "word", "per", "next", "first", "last", "class", "prompt", "input", "output", "max", "min", "num"),
    *("number", "n", "new", "time", "trigger", "placeholder", "instance", "initializer", "extra", "additional", "empty", "blank"),
    *("decoder", "encoder", "forced", "suppress", "target", "source", "query", "key", "mean", "newline", "space", "bpe"),
    *("sos", "eot", "eod", "delimiter", "speaker", "language", "lang", "task", "label", "answer", "question", "context", "vocab"),
    *("char", "byte", "subword", "dummy", "null", "unknown", "fill", "frame", "patch", "action", "state", "reward", "memory"),
    *("global", "local", "learnable", "distill", "dist", "motion", "segment", "position", "modality", "expert", "draft"),
    *("register", "style", "concept", "think", "thinking", "tool", "assistant", "user", "system", "boundary", "separator"),
}
_SAID_OF = {"max", "min", "num", "n"}
_QUESTIONS = {"use", "has", "with", "no", "is", "allow", "require", "show"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@functools.lru_cache(4096)
def is_secret_name(name: str) -> bool:
    """Whether a param, flag or variable of this name holds a secret: `WANDB_API_KEY`, `--db-password`, `clientSecret`."""
    words = [word.lower() for word in _WORD.findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if before in _SAID_OF or words[0] in _QUESTIONS:
        return False
    if last.endswith(_SECRET_ENDS) or last in _SECRET_WORDS:
        return True
    if last == "token":
        return before not in _TOKENS_OF
    if last == "key":
        return before in _KEYS_OF
    if last in _ONLY_AFTER:
        return before in _ONLY_AFTER[last]
    return (last in {"pwd", "dsn"} and bool(before)) or (before, last) == ("connection", "string")


def is_secret(name: str, value: Any) -> bool:
    """Whether a named value is a secret. A switch, nothing, or a name of something else is none, whatever it is called."""
    if value is None or isinstance(value, bool) or value in ("", WITHHELD) or not is_secret_name(name):
        return False
    if isinstance(value, str):
        return not (_is_reference(value) or value.lower() in _NO_VALUES or (_is_file(value) and "pass" not in name.lower()))
    # A number: of tokens, it is an id or a count.
    return isinstance(value, int | float) and _WORD.findall(name)[-1].lower() != "token"


_NO_VALUES = {"true", "false", "none", "null", "yes", "no", "auto"}


def _is_file(value: str) -> bool:
    """The name of a file in which a secret lies is none itself."""
    return value.startswith(_PATHS) or value.endswith(_FILES)


def _is_reference(value: str) -> bool:
    """`$TOKEN`, `${TOKEN}`, `{token}` or `<token>` stand for a value that is elsewhere; so do `****` and `xxxx`."""
    return value[0] in "${<[" or (len(value) > 2 and not value.strip("*xX.-"))


_ALONE, _DONE = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"


class _Shape(NamedTuple):
    """How a secret of some service looks. It can only be in a text that holds one of the `hints`."""

    kind: str
    hints: tuple[str, ...]
    pattern: str  # the group `secret` is what must go; without one, all of it


_SHAPES = (
    _Shape("AWS access key id", ("AKIA", "ASIA"), rf"{_ALONE}(?:AKIA|ASIA)[A-Z0-9]{{16}}{_DONE}"),
    _Shape("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}(?!\w)"),
    _Shape("GitHub token", ("github_pat_",), r"(?<![A-Za-z0-9])github_pat_\w{40,}"),
    _Shape("GitLab token", ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"), rf"{_ALONE}gl(?:pat|dt|rt|cbt|ptt)-[\w.-]{{20,}}"),
    _Shape("Slack token", ("xox", "xapp-"), rf"{_ALONE}(?:xox[abeoprs]|xapp)-(?=[\w-]*\d)[A-Za-z0-9-]{{10,}}"),
    _Shape("Slack webhook", ("hooks.slack.com/",), r"hooks\.slack\.com/(?P<secret>(?:services|workflows)/\w+/\w+/\w+)"),
    _Shape("Hugging Face token", ("hf_",), r"(?<![A-Za-z0-9_])hf_(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{30,}(?!\w)"),
    _Shape(
        "API key (sk-)",
        ("sk-",),
        rf"{_ALONE}sk-(?:(?:ant|proj|svcacct|admin|or-v1|lf)-(?=[\w-]*\d)[\w-]{{20,}}|(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{{32,}})",
    ),
    _Shape("Google API key", ("AIza",), rf"{_ALONE}AIza[\w-]{{35}}{_DONE}"),
    _Shape("Google token", ("ya29.",), r"(?<!\w)ya29\.[\w-]{30,}"),
    _Shape("PyPI token", ("pypi-AgE",), rf"{_ALONE}pypi-AgE[\w-]{{50,}}"),
    _Shape("npm token", ("npm_",), r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
    _Shape("Stripe key", ("_live_", "_test_"), r"(?<!\w)[sr]k_(?:live|test)_[A-Za-z0-9]{20,}"),
    _Shape("SendGrid key", ("SG.",), r"(?<!\w)SG\.[\w-]{22}\.[\w-]{43}"),
    _Shape("Databricks token", ("dapi",), r"(?<!\w)dapi[0-9a-f]{32}(?!\w)"),
    _Shape("Docker token", ("dckr_pat_",), r"dckr_pat_[\w-]{20,}"),
    _Shape("API key (gsk_)", ("gsk_",), r"(?<!\w)gsk_[A-Za-z0-9]{40,}"),
    _Shape("Replicate token", ("r8_",), r"(?<!\w)r8_[A-Za-z0-9]{37,}"),
    _Shape("DigitalOcean token", ("_v1_",), r"(?<!\w)do[opr]_v1_[0-9a-f]{64}"),
    _Shape("W&B API key", ("wandb_v1_",), r"wandb_v1_\w{20,}"),
    _Shape(
        "W&B API key",
        ("wandb", "WANDB", "Wandb", "W&B"),
        r"(?i:wandb|w&b)[^\n]{0,30}(?i:key|login|token)[^\n]{0,16}?(?<![0-9A-Za-z])(?P<secret>[0-9a-f]{40})(?![0-9A-Za-z])",
    ),
    _Shape("Azure storage key", ("AccountKey=",), r"AccountKey=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})"),
    _Shape("JSON web token", ("eyJ",), r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
    _Shape(
        "private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)+[A-Za-z0-9+/][\s\S]*?"
        r"(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    _Shape("authorization header", ("earer ", "asic "), r"(?i:authorization:?\s*(?:bearer|basic)\s+)(?P<secret>[\w.~+/=-]{12,})"),
    _Shape("password in an address", ("://",), r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:'\"<>]*:(?P<secret>[^\s/@'\"<>]+)@"),
)
# Words that stand where a password would, in documents and examples.
_EXAMPLES = {"password", "pass", "passwd", "pwd", "secret", "token", "changeme", "user", "username", "example", "key"} | {
    "postgres",
    "root",
    "guest",
}
# `API_KEY=...` at the beginning of a line or a word, or a quoted value after any name.
_BARE = r"(?:^|(?<=[\s;&|]))(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>[^\s'\"$(<{;&|][^\s'\";&|]{7,})"
_GIVEN = r"""(?:^|(?<=[\s;&|'"]))(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>[^\s'";&|]+|'[^']*'|"[^"]*")"""
_QUOTED = r"""(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,80})["']?\]?\s*[=:]\s*(?P<quote>["'])(?P<value>[^\s"'{}<>$]{8,})(?P=quote)"""


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


def find_secrets(text: str) -> list[Secret]:
    """Everything in a text that looks like a secret, in order; what overlaps is told once."""
    found: list[Secret] = []
    reached, line, counted = 0, 1, 0
    for start, end, kind in sorted(_spans(text)):
        if start < reached:
            continue
        line += text.count("\n", counted, start)
        counted = start
        found.append(Secret(kind, line, start, end))
        reached = end
    return found


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    # Every file of a project is asked for each of these, once.
    for shape in [shape for shape in _SHAPES if True in map(text.__contains__, shape.hints)]:
        for match in _compiled(shape.pattern).finditer(text):
            group = "secret" if "secret" in match.re.groupindex else 0
            if not _is_example(match[group]):
                yield *match.span(group), shape.kind
    yield from _assigned(text)


def _assigned(text: str) -> Iterator[tuple[int, int, str]]:
    """Values that are given to a secret name and look as if somebody had been given them: letters and digits."""
    lowered = text.lower()
    if True not in map(lowered.__contains__, ("key", "token", "pass", "secret", "cred", "pwd", "dsn")):
        return
    for pattern in (_BARE, _QUOTED):
        for match in _compiled(pattern).finditer(text):
            value = match["value"]
            mixed = any(letter.isdigit() for letter in value) and any(letter.isalpha() for letter in value)
            if mixed and is_secret_name(match["name"]) and not _is_example(value) and not _is_path(value):
                yield *match.span("value"), f"value of {match['name']}"


def _is_example(value: str) -> bool:
    lowered = value.lower()
    return (
        lowered in _EXAMPLES
        or "EXAMPLE" in value
        or _is_reference(value)
        or lowered.startswith(("your", "my-", "my_", "example"))
    )


def _is_path(value: str) -> bool:
    return value.startswith(("/", "./", "../", "~")) or "(" in value


def redacted(text: str) -> tuple[str, list[str]]:
    """A text without what looks like a secret, and what that was."""
    parts, reached = [], 0
    found = find_secrets(text)
    for secret in found:
        parts += [text[reached : secret.start], WITHHELD]
        reached = secret.end
    return ("".join([*parts, text[reached:]]), [secret.kind for secret in found]) if found else (text, [])


def withheld_value(name: str, value: Any) -> Any:
    """A named value as it may be stored: the same object when there is nothing secret about it."""
    if is_secret(name, value):
        return WITHHELD
    if isinstance(value, str):
        return redacted(value)[0] if len(value) > 7 else value
    if isinstance(value, list):
        items = [withheld_value(name, item) for item in value]
        return value if all(one is other for one, other in zip(items, value, strict=True)) else items
    if isinstance(value, dict):
        inner = {key: withheld_value(str(key), item) for key, item in value.items()}
        return value if all(inner[key] is value[key] for key in value) else inner
    return value


def withheld(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Named values as they may be stored, and the names of those that are not what was given."""
    kept = {name: withheld_value(name, value) for name, value in values.items()}
    return kept, [name for name in kept if kept[name] is not values[name]]


def withheld_word(kind: str, key: str, value: Any) -> Any:
    """The value of an entry of a run as it may be stored: the same object when there is nothing secret about it."""
    if kind in {"param", "tag"}:
        return withheld_value(key, value)
    if kind in {"note", "name", "problem"} and isinstance(value, str):
        return redacted(value)[0]
    if kind == "input" and redacted(value["path"])[1]:
        return {**value, "path": redacted(value["path"])[0]}
    return value


# Programs whose password stands after a flag that says nothing of it.
_LOGINS = {
    "curl": {"-u", "--user", "-U", "--proxy-user"},
    "http": {"-a", "--auth"},
    "https": {"-a", "--auth"},
    "redis-cli": {"-a"},
    "sshpass": {"-p"},
}


def withheld_words(words: list[str]) -> tuple[list[str], list[str]]:
    """A command line as it may be stored, and the names of what it does not show: `--api-key XXX`, `--api-key=XXX`,
    `API_KEY=XXX`, and whatever has the shape of a secret."""
    kept: list[str] = []
    names: list[str] = []
    secret_next = ""
    login: set[str] = set()
    for before, word in zip(["", *words], words, strict=False):
        login |= _LOGINS.get(word.rpartition("/")[2], set())
        shown, name = _shown_login(word, before) if before in login else _shown_word(word, secret_next)
        if name:
            names.append(name)
        kept.append(shown)
        is_flag = word.startswith("-") and "=" not in word and not secret_next
        secret_next = word if is_flag and is_secret_name(word) else ""
    return kept, names


def _shown_login(word: str, flag: str) -> tuple[str, str]:
    """The same of `ada:password`, or of a password alone where one follows."""
    user, colon, _ = word.partition(":")
    return (f"{user}:{WITHHELD}" if colon else WITHHELD), flag


def _shown_word(word: str, flag: str) -> tuple[str, str]:
    """(word as it may be shown, name of what it does not show)."""
    if flag and not word.startswith("--") and is_secret(flag, _as_typed(word)):
        return WITHHELD, flag
    name, equals, value = word.partition("=")
    if any(letter.isspace() for letter in word):
        # A command for a shell: what it gives a variable may be as short as it likes.
        shown = _compiled(_GIVEN).sub(_given, word)
        return redacted(shown)[0], "" if redacted(shown)[0] == word else "a word of the command"
    if equals and re.fullmatch(r"-{0,2}[A-Za-z_][\w.:-]*", name) and is_secret(name.rstrip(":"), _as_typed(value)):
        return f"{name}={WITHHELD}", name.rstrip(":")
    shown, kinds = redacted(word)
    return shown, kinds[0] if kinds else ""


def _given(found: re.Match[str]) -> str:
    return f"{found['name']}={WITHHELD}" if is_secret(found["name"], _as_typed(found["value"])) else found[0]


def _as_typed(text: str) -> Any:
    """`--token 5` is a number; of a password of digits nobody says so."""
    return int(text) if text.isdecimal() and len(text) < 6 else text


def without_credentials(url: str) -> str:
    """An address without user and password; `git@host:path` and the user of ssh stay, for they are no secret."""
    scheme, separator, rest = url.partition("://")
    if separator:
        authority, slash, path = rest.partition("/")
        user, at, host = authority.rpartition("@")
        name = user.partition(":")[0]
        keep = f"{name}@" if at and name and scheme.endswith("ssh") else ""
        url = f"{scheme}://{keep}{host}{slash}{path}"
        url = re.sub(r"([?&;]([\w.-]+)=)([^&#;]+)", _query_part, url)
    return redacted(url)[0]


def _query_part(found: re.Match[str]) -> str:
    secret = is_secret_name(found[2]) or found[2].lower() in {"sig", "signature", "x-amz-signature", "x-goog-signature"}
    return found[1] + WITHHELD if secret else found[0]


_SECRET_FILES = {".netrc", "_netrc", ".pgpass", ".git-credentials", ".pypirc", ".npmrc", ".htpasswd", ".boto", ".s3cfg"}
_SECRET_FILES |= {
    "credentials",
    "credentials.json",
    "kaggle.json",
    ".dockercfg",
    ".vault-token",
    "application_default_credentials.json",
}
_SECRET_SUFFIXES = (".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".ovpn", ".p8", ".env")
_EXAMPLE_ENDINGS = {"example", "sample", "template", "dist", "defaults", "md", "py"}


def is_secret_file(path: str) -> bool:
    """Whether a file of this name is there to hold secrets: `.env`, `id_rsa`, `*.pem`. An example of one is not."""
    name = os.path.basename(path).lower()
    stem, _, ending = name.rpartition(".")
    if ending in _EXAMPLE_ENDINGS:
        return False
    if name in _SECRET_FILES or name.endswith(_SECRET_SUFFIXES) or name.startswith(".env."):
        return True
    if name.startswith(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")):
        return ending != "pub"
    told = name.startswith(("client_secret", "service-account", "service_account")) and ending == "json"
    return told or (stem in {"secret", "secrets"} and ending in {"yaml", "yml", "json", "toml", "ini", "txt"})
