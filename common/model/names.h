/* names.h (inside) -- what Hugging Face calls the parts of a block, by family. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "common/nn/block.h"

extern const NnBlockNames model_names_gpt2, model_names_llama, model_names_phi3, model_names_gemma3,
    model_names_bert;

#endif
