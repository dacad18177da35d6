"""Variables of the environment that change what a program computes. Only those that are named here, or by the user, are read."""

from __future__ import annotations

import os

from runlog import config
from runlog.capture.secrets import WITHHELD, is_secret, redacted

_KEPT = (
    *("PYTHONHASHSEED", "PYTHONPATH", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONUTF8", "PL_GLOBAL_SEED"),
    *("OMP_*", "MKL_*", "OPENBLAS_*", "VECLIB_*", "NUMEXPR_*", "KMP_*", "GOTO_NUM_THREADS", "TOKENIZERS_PARALLELISM"),
    *("CUDA_VISIBLE_DEVICES", "CUDA_LAUNCH_BLOCKING", "CUDA_DEVICE_ORDER", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE"),
    *("NVIDIA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUDNN_*", "NCCL_*", "TORCH_*", "PYTORCH_*"),
    *("TF_DETERMINISTIC_OPS", "TF_CUDNN_*", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "XLA_PYTHON_*", "JAX_*"),
    *("WORLD_SIZE", "RANK", "LOCAL_RANK", "TZ", "LANG", "LC_ALL", "LC_NUMERIC", "CONDA_DEFAULT_ENV"),
    *("APPTAINER_CONTAINER", "SINGULARITY_CONTAINER", "CONTAINER_IMAGE", "DOCKER_IMAGE"),
)
_LONGEST = 2000


def describe_variables() -> dict[str, str]:
    """The variables that are kept, by name, with `<withheld>` where one of them holds a secret."""
    patterns = {*_KEPT, *config.captured_variables()}
    beginnings = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
    found = {}
    for name, value in os.environ.items():
        if name in patterns or name.startswith(beginnings):
            found[name] = WITHHELD if is_secret(name, value) else redacted(value[:_LONGEST])[0]
    return dict(sorted(found.items()))
