"""What the name of a metric says of which way is better."""

from __future__ import annotations

import pytest

from runlog.runs.direction import direction

UP = """
acc val_acc valacc valAcc top5_acc acc@1 Acc1 accuracy test/Accuracy f1 F1_macro val_f1 f1-score r2 R2 val_r2 auc
ROC_AUC rocauc PRAUC mAP map ap AP50 mIoU iou dice Prec@1 precision recall@10 reward episode_reward bleu rougeL score
"""
DOWN = """
loss val_loss trainLoss losses rmse RMSE val_rmse mse nrmse msle mae MAE_test mape smape error top1-error err val_err
perplexity ppl nll wer CER fid FID50k latency_ms time time_per_step train/time residual
"""
NEITHER = """
layer2 layer2/norm layer20.weight r20 f10 confidence certainty power lower answer indices previous various maestro
verrucose accelerate epoch lr alpha grad_norm chapter heap interrupts 日本 x
"""


@pytest.mark.parametrize("name", UP.split())
def test_more_is_better(name: str) -> None:
    assert direction(name) == "max"


@pytest.mark.parametrize("name", DOWN.split())
def test_less_is_better(name: str) -> None:
    assert direction(name) == "min"


@pytest.mark.parametrize("name", NEITHER.split())
def test_nobody_knows(name: str) -> None:
    assert direction(name) is None


def test_what_was_said_counts_more() -> None:
    assert direction("loss", {"loss": "max"}) == "max"
    assert direction("alpha", {"alpha": "min"}) == "min"
