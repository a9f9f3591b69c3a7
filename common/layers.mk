# layers.mk -- the layers of common, lowest first. LAYER_USES: those below that it may include, each named;
# LAYER_NEEDS: libraries of the system, as pkg-config names them, and PACKAGE_NAME the package that brings one.
# The Makefile links by this; common/tools/layers.sh holds the includes against it.
LAYERS := base tensor nn text tokenizer model chat world eval plot demo dist

base_USES      :=
tensor_USES    := base
nn_USES        := base tensor
text_USES      := base
tokenizer_USES := base text
model_USES     := base tensor nn text tokenizer
chat_USES      := base tensor nn text tokenizer model
world_USES     := base text
eval_USES      := base
plot_USES      := base
demo_USES      := base plot
dist_USES      := base tensor nn

tokenizer_NEEDS := jansson libutf8proc libpcre2-8
model_NEEDS     := jansson
chat_NEEDS      := jansson
ch04_NEEDS      := jansson zlib libxxhash # of a chapter: what its own programs use
ch06_NEEDS      := jansson # likewise

PACKAGE_jansson     := libjansson-dev
PACKAGE_libutf8proc := libutf8proc-dev
PACKAGE_libpcre2-8  := libpcre2-dev
PACKAGE_zlib        := zlib1g-dev
PACKAGE_libxxhash   := libxxhash-dev
