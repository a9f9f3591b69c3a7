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
