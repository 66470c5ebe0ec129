"""Prints the shapes of a Llama-like decoder as JSON: llama_shapes.py LAYERS HIDDEN INTERMEDIATE VOCABULARY KV_HEADS HEAD."""
import json
import sys

layers, hidden, middle, vocabulary, kv_heads, head = map(int, sys.argv[1:])
shapes = {"model.embed_tokens.weight": [vocabulary, hidden]}
for i in range(layers):
    p = f"model.layers.{i}."
    shapes[p + "input_layernorm.weight"] = [hidden]
    shapes[p + "self_attn.q_proj.weight"] = [hidden, hidden]
    shapes[p + "self_attn.k_proj.weight"] = [kv_heads * head, hidden]
    shapes[p + "self_attn.v_proj.weight"] = [kv_heads * head, hidden]
    shapes[p + "self_attn.o_proj.weight"] = [hidden, hidden]
    shapes[p + "post_attention_layernorm.weight"] = [hidden]
    shapes[p + "mlp.gate_proj.weight"] = [middle, hidden]
    shapes[p + "mlp.up_proj.weight"] = [middle, hidden]
    shapes[p + "mlp.down_proj.weight"] = [hidden, middle]
shapes["model.norm.weight"] = [hidden]
shapes["lm_head.weight"] = [vocabulary, hidden]
json.dump(shapes, sys.stdout)
