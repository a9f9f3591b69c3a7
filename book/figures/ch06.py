"""The diagrams of chapter 6."""
from diagram import Diagram

# ---- 6.2.2 ----------------------------------------------------------------------------------------------------------

d = Diagram("ch06/heads", 320, ("Which state stands for the text", "哪个状态代表整条文本"))
for x, title, words, used, layers in (
        (8, ("encoder (BERT)", "编码器（BERT）"), ["[CLS]", "not", "bad", "[SEP]"], 0, ("pooler, tanh", "W")),
        (276, ("decoder (GPT)", "解码器（GPT）"), ["not", "bad", ".", "pad"], 2, ("W",))):
    d.text(x + 118, 16, title, bold=True)
    states = []
    for i, word in enumerate(words):
        colour = "orange" if i == used else "grey" if word == "pad" else "blue"
        states.append(d.circle(x + 29 + 60 * i, 190, 17, "h", colour))
        box = d.box(x + 2 + 60 * i, 232, 54, 30, word, "grey" if word == "pad" else "blue")
        d.arrow([box.top, states[i].bottom], "grey")
    centre, below = states[used].top[0], states[used].top[1]
    for n, layer in enumerate(layers):
        y = below - 56
        d.box(centre - 29, y, 118 if n == 0 and len(layers) == 2 else 58, 30, layer, "orange")
        d.arrow([(centre, below), (centre, y + 30)], "orange")
        below = y
    d.arrow([(centre, below), (centre, below - 22)], "orange")
    d.text(centre, below - 32, ("logits", "logits"), colour="orange")
    d.text(x + 118, 290, ("the first position\nsees the whole text", "第一个位置\n看得见全文") if x == 8 else
           ("the last before the padding\nsees the whole text", "填充之前的最后一个位置\n看得见全文"), colour="grey")

# ---- 6.3 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch06/attached", 330, ("Where an adapter and LoRA are attached", "适配器和 LoRA 接在哪里"))
# A bottleneck after a part of a block.
d.text(200, 14, ("adapter", "适配器"), bold=True)
part = d.box(50, 250, 110, 36, ("attention or\nfeed-forward", "注意力或\n前馈网络"), "grey")
down = d.box(60, 186, 90, 30, ("down m x C", "降 m x C"), "orange")
gelu = d.box(75, 142, 60, 28, "gelu", "orange")
up = d.box(60, 96, 90, 30, ("up C x m", "升 C x m"), "orange")
inner, outer = d.plus(105, 66), d.plus(105, 32)
for a, b in ((part.top, down.bottom), (down.top, gelu.bottom), (gelu.top, up.bottom), (up.top, inner.bottom),
             (inner.top, outer.bottom)):
    d.arrow([a, b])
d.arrow([(105, 233), (182, 233), (182, 66), inner.right], "orange")
d.arrow([(105, 308), (105, 286)])
d.arrow([(105, 300), (22, 300), (22, 32), outer.left])
d.text(196, 150, "y", "start")
d.text(105, 320, ("residual stream", "残差流"), colour="grey")
# Low-rank matrices beside a weight.
d.text(390, 14, "LoRA", bold=True)
weight = d.box(286, 110, 96, 110, "W", "grey")
low = d.box(420, 190, 66, 30, "A  r x in", "orange")
high = d.box(410, 110, 86, 30, "B  out x r", "orange")
both = d.plus(334, 66)
d.arrow([weight.top, both.bottom])
d.arrow([low.top, high.bottom], "orange")
d.arrow([high.top, (453, 66), both.right], "orange")
d.arrow([(334, 290), weight.bottom])
d.arrow([(334, 256), (453, 256), low.bottom], "orange")
d.arrow([both.top, (334, 32)])
d.text(334, 304, "x", colour="ink")
d.text(476, 80, "s", colour="orange")
d.text(390, 322, ("grey: frozen; orange: trained", "灰：冻结；橙：训练"), colour="grey")

# ---- 6.3.4, 6.3.5 ---------------------------------------------------------------------------------------------------

d = Diagram("ch06/prefixes", 300, ("Where prompts and prefixes enter", "提示与前缀从哪里进入"))
for x, title, deep in ((8, ("prompt tuning, P-tuning", "提示微调、P-Tuning"), False),
                       (276, ("prefix tuning, P-tuning v2", "前缀微调、P-Tuning v2"), True)):
    d.text(x + 118, 14, title, bold=True)
    for level in range(3):  # two blocks above the input
        y = 208 - 74 * level
        for i in range(4):
            virtual = i < 2
            if deep and virtual and level == 2:
                continue
            if deep and virtual:
                d.box(x + 60 * i, y - 44, 52, 30, "k, v", "orange")
            else:
                d.box(x + 60 * i, y, 52, 30, ("p%d" % i if virtual else "x%d" % (i - 2)) if level == 0 else "h",
                      "orange" if virtual and level == 0 else "grey")
        if level < 2:
            for i in range(0 if not deep else 2, 4):
                d.arrow([(x + 60 * i + 26, y), (x + 60 * i + 26, y - 44)], "grey")
            if deep:
                d.arrow([(x + 112, y - 29), (x + 146, y - 29)], "orange")
    d.text(x + 118, 258, ("vectors like embeddings\npass through all blocks", "像嵌入一样的向量，\n经过所有的块") if not deep
           else ("keys and values of their own\nin every block", "每一块各有\n自己的键和值"), colour="grey")
d.text(260, 290, ("grey: frozen; orange: trained", "灰：冻结；橙：训练"), colour="grey")
