/* names.c -- the names of parameters in the folders of Hugging Face. */
#include "common/model/names.h"

const NnBlockNames model_names_gpt2 = {.prefix = "h.%d",
                                       .norm1 = "ln_1",
                                       .qkv = "attn.c_attn",
                                       .out = "attn.c_proj",
                                       .norm2 = "ln_2",
                                       .up = "mlp.c_fc",
                                       .down = "mlp.c_proj"};

const NnBlockNames model_names_llama = {.prefix = "model.layers.%d",
                                        .norm1 = "input_layernorm",
                                        .q = "self_attn.q_proj",
                                        .k = "self_attn.k_proj",
                                        .v = "self_attn.v_proj",
                                        .q_norm = "self_attn.q_norm",
                                        .k_norm = "self_attn.k_norm",
                                        .out = "self_attn.o_proj",
                                        .norm2 = "post_attention_layernorm",
                                        .gate = "mlp.gate_proj",
                                        .up = "mlp.up_proj",
                                        .down = "mlp.down_proj"};

const NnBlockNames model_names_phi3 = {.prefix = "model.layers.%d",
                                       .norm1 = "input_layernorm",
                                       .qkv = "self_attn.qkv_proj",
                                       .out = "self_attn.o_proj",
                                       .norm2 = "post_attention_layernorm",
                                       .up = "mlp.gate_up_proj",
                                       .down = "mlp.down_proj"};

const NnBlockNames model_names_gemma3 = {.prefix = "model.layers.%d",
                                         .norm1 = "input_layernorm",
                                         .q = "self_attn.q_proj",
                                         .k = "self_attn.k_proj",
                                         .v = "self_attn.v_proj",
                                         .q_norm = "self_attn.q_norm",
                                         .k_norm = "self_attn.k_norm",
                                         .out = "self_attn.o_proj",
                                         .norm1_after = "post_attention_layernorm",
                                         .norm2 = "pre_feedforward_layernorm",
                                         .gate = "mlp.gate_proj",
                                         .up = "mlp.up_proj",
                                         .down = "mlp.down_proj",
                                         .norm2_after = "post_feedforward_layernorm"};

const NnBlockNames model_names_bert = {.prefix = "bert.encoder.layer.%d",
                                       .q = "attention.self.query",
                                       .k = "attention.self.key",
                                       .v = "attention.self.value",
                                       .out = "attention.output.dense",
                                       .norm1 = "attention.output.LayerNorm",
                                       .up = "intermediate.dense",
                                       .down = "output.dense",
                                       .norm2 = "output.LayerNorm"};
