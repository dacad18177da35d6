"""Which files are code, by their names alone."""

from __future__ import annotations

_SOURCES = {
    *("py", "pyi", "pyx", "pxd", "ipynb", "r", "rmd", "qmd", "jl", "m", "sh", "bash", "zsh", "fish", "ps1", "bat", "lua", "pl"),
    *("c", "cc", "cpp", "cxx", "h", "hh", "hpp", "cu", "cuh", "cl", "metal", "rs", "go", "java", "scala", "kt", "swift", "cs"),
    *("js", "mjs", "cjs", "ts", "tsx", "jsx", "rb", "php", "hs", "ml", "f", "f90", "f95", "stan", "bugs", "jags", "sql", "do"),
    *("yaml", "yml", "toml", "json", "jsonnet", "cfg", "ini", "conf", "gin", "hcl", "proto", "cmake", "mk", "smk", "nf", "wdl"),
    *("md", "rst", "tex", "bib", "lock", "nix", "dockerfile", "j2", "jinja", "tmpl"),
}
_NAMES = {"makefile", "dockerfile", "containerfile", "snakefile", "rakefile", "justfile", "procfile", "pipfile", "gemfile"}
_NAMES |= {"license", "readme", "sconstruct", "cmakelists.txt", "constraints.txt", "dvc.yaml", "dvc.lock"}


def is_source_name(name: str) -> bool:
    """Whether a file of this name holds code or what belongs to it; data and results do not."""
    lowered = name.lower()
    stem, dot, ending = lowered.rpartition(".")
    needed = stem.startswith("requirements") and ending == "txt"
    return needed or lowered in _NAMES or (bool(dot and stem) and ending in _SOURCES)
