"""Train on what was exported: TRL's SFT, DPO, KTO and reward trainers, a few steps.

Run with ``make trainable`` (a virtual environment with torch, trl and datasets), or
``python benchmarks/trainable.py DIR…`` on exported directories. Nothing is downloaded:
the tokenizer is made of the texts, the model is tiny and random. The files go into the
trainers as `datasets.load_dataset` gives them, without a conversion.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
    "{% for c in m.tool_calls or [] %}[{{ c.function.name }} "
    "{{ c.function.arguments }}]{% endfor %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|end|>", "<|unk|>"] + [
    f"<|{role}|>" for role in ("system", "developer", "user", "assistant", "tool")
]


def tokenizer_of(texts):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="<|unk|>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1000,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    found = PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        unk_token="<|unk|>",
    )
    found.chat_template = TEMPLATE
    return found


def config_of(tokenizer, **others):
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **others,
    )


def settings(kind, place, **others):
    return kind(
        output_dir=str(place),
        max_steps=5,
        per_device_train_batch_size=4,
        max_length=256,
        learning_rate=1e-3,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        seed=1,
        disable_tqdm=True,
        **others,
    )


def train(config, rows, tokenizer, place):
    import trl
    from transformers import LlamaForCausalLM, LlamaForSequenceClassification

    common = {"train_dataset": rows, "processing_class": tokenizer}
    if config == "reward":
        model = LlamaForSequenceClassification(config_of(tokenizer, num_labels=1))
        return trl.RewardTrainer(
            model=model, args=settings(trl.RewardConfig, place), **common
        )
    model = LlamaForCausalLM(config_of(tokenizer))
    if config == "sft":
        return trl.SFTTrainer(
            model=model, args=settings(trl.SFTConfig, place), **common
        )
    if config == "kto":
        return trl.KTOTrainer(
            model=model,
            ref_model=LlamaForCausalLM(config_of(tokenizer)),
            args=settings(trl.KTOConfig, place),
            **common,
        )
    return trl.DPOTrainer(
        model=model,
        ref_model=LlamaForCausalLM(config_of(tokenizer)),
        args=settings(trl.DPOConfig, place),
        **common,
    )


def texts_of(rows):
    for row in rows:
        for column in ("messages", "prompt", "chosen", "rejected", "completion"):
            for message in row.get(column) or ():
                yield message["content"]


def main(folders) -> int:
    import datasets
    import torch
    import transformers
    import trl

    datasets.disable_progress_bars()
    torch.manual_seed(1)
    print(
        f"torch {torch.__version__.partition('+')[0]}, "
        f"transformers {transformers.__version__}, trl {trl.__version__}, "
        f"datasets {datasets.__version__}"
    )
    bad = 0
    for folder in folders:
        for config in ("sft", "preference", "kto", "reward"):
            if not (Path(folder) / config).is_dir():
                print(f"{folder} {config}: not there")
                continue
            with tempfile.TemporaryDirectory() as place:
                rows = datasets.load_dataset(
                    str(folder), config, split="train", cache_dir=place
                )
                trainer = train(config, rows, tokenizer_of(texts_of(rows)), place)
                trainer.remove_callback(transformers.PrinterCallback)
                trainer.train()
                log = trainer.state.log_history
                losses = [e["loss"] for e in log if "loss" in e]
                grads = [float(e["grad_norm"]) for e in log if "grad_norm" in e]
            moved = all(map(math.isfinite, losses + grads)) and max(grads) > 0
            bad += not moved
            said = " ".join(f"{x:.4f}" for x in losses)
            name = type(trainer).__name__
            files = Path(next(iter((Path(folder) / config).iterdir()))).suffix[1:]
            print(
                f"{name} on {config} ({files}, {len(rows)} rows): losses {said}; "
                f"{'trains' if moved else 'DOES NOT TRAIN'}"
            )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
