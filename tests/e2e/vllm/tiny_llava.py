"""Writes the shape of a tiny model that takes images: ``tiny_llava.py TINY_LLAMA FOLDER``, in vLLM's own environment.

Without weights: vLLM makes some up with ``--load-format dummy``.
"""

import sys
from pathlib import Path

from transformers import (  # type: ignore[import-not-found]
    AutoTokenizer,
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaProcessor,
)

IMAGE, PATCH = 28, 14


def main(llama: Path, folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(llama)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"], "pad_token": "</s>"})
    images = CLIPImageProcessor(size={"shortest_edge": IMAGE}, crop_size={"height": IMAGE, "width": IMAGE})
    processor = LlavaProcessor(
        image_processor=images,
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=tokenizer.chat_template,
    )
    processor.save_pretrained(folder)
    text = LlamaConfig.from_pretrained(llama, vocab_size=len(tokenizer))
    vision = CLIPVisionConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=IMAGE,
        patch_size=PATCH,
        projection_dim=64,
    )
    config = LlavaConfig(
        architectures=["LlavaForConditionalGeneration"],
        text_config=text,
        vision_config=vision,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=(IMAGE // PATCH) ** 2,
    )
    config.save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
