"""The diagrams of chapter 3."""
import math

from diagram import Diagram


def block(d, x, w, steps, residual=None):
    """Boxes and additions one above the other, from the last step's bottom; steps are (y, height, text, colour), or
    (y, "+") for an addition. Returns them by position, upwards."""
    made = []
    for step in steps:
        made.append(d.plus(x, step[0]) if step[1] == "+" else
                    d.box(x - w / 2, step[0], w, step[1], step[2], step[3]))
    for below, above in zip(made, made[1:]):
        d.arrow([below.top, above.bottom])
    for start, end in residual or ():
        left = x - w / 2 - 36
        d.arrow([(x, start), (left, start), (left, end), (x - 12, end)], "blue", 2)
    return made


NORM, FORWARD = ("norm", "归一化"), ("feed-forward", "前馈")

# ---- 3.1 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch03/paths", 392, ("Paths in recurrence and in attention", "循环与注意力的路径"))
words = ["The", "keys", "on", "the", "table", "are", "here"]
for y, kind in ((30, 0), (214, 1)):
    d.text(260, y - 14, (("Recurrence: 4 steps from “keys” to “are”", "循环：从 keys 到 are 要走四步"),
                         ("Attention: 1 step from anywhere", "注意力：从哪里来都只要一步"))[kind], bold=True)
    d.text(260, y + 8, (("h₁, h₂, … must wait for each other", "h₁、h₂……要一个等一个"),
                        ("all h at the same time; 7 × 7 comparisons", "所有 h 同时算；比较 7 × 7 次"))[kind], colour="grey")
    low = 96 if kind == 0 else 128
    word = [d.box(8 + 73 * i, y + low, 66, 30, t, "orange" if t in ("keys", "are") else "grey")
            for i, t in enumerate(words)]
    state = [d.circle(41 + 73 * i, y + 46, 17, "h%s" % "₁₂₃₄₅₆₇"[i]) for i in range(7)]
    if kind == 0:
        for i in range(7):
            d.arrow([word[i].top, state[i].bottom], "grey")
            if i:
                d.arrow([state[i - 1].right, state[i].left], "orange" if 1 < i < 6 else "ink", 2.5 if 1 < i < 6 else 1.5)
    else:
        for i in range(7):
            for k in range(7):
                if (i, k) != (1, 5):
                    d.line([word[i].top, state[k].bottom], "grid" if k != 5 else "grey", 1)
        d.arrow([word[1].top, state[5].bottom], "orange", 2.5)

# ---- 3.3 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch03/lookup", 270, ("A soft lookup", "一次软查找"))
d.text(64, 16, ("query", "查询"), colour="orange", bold=True)
d.text(220, 16, ("keys", "键"), colour="blue", bold=True)
d.text(356, 16, ("weights", "权重"), bold=True)
d.text(462, 16, ("values (kcal)", "值（千卡）"), colour="green", bold=True)
query = d.box(6, 98, 116, 46, ("“a sweet fruit”\n(2, 2, 0, 0)", "“一种甜的水果”\n(2, 2, 0, 0)"), "orange")
rows = (("apple", "苹果", "(2, 1, 0, 1)", 0.56, "52"), ("lemon", "柠檬", "(2, 0, 0, 0)", 0.21, "29"),
        ("candy", "糖果", "(0, 2, 0, 1)", 0.21, "390"), ("car", "汽车", "(0, 0, 2, 1)", 0.03, "0"))
for i, (en, zh, vector, weight, value) in enumerate(rows):
    y = 38 + 50 * i
    key = d.box(152, y, 136, 34, (en + " " + vector, zh + " " + vector), "blue")
    d.arrow([query.right, key.left], "orange")
    d.arrow([key.right, (308, y + 17)], "grey")
    d.box(312, y + 9, 70 * weight, 16, "", "ink", fill=0.6, corner=2)
    d.text(318 + 70 * weight, y + 17, "%.2f" % weight, "start")
    d.arrow([(396, y + 17), (426, y + 17)], "grey")
    d.box(430, y, 64, 34, value, "green")
d.text(220, 250, ("scores q·k/√4: 3, 2, 2, 0", "得分 q·k/√4：3, 2, 2, 0"), colour="grey")
d.text(516, 250, ("Σ weight × value = 115", "Σ 权重 × 值 = 115"), "end", bold=True)

d = Diagram("ch03/sdpa", 226, ("Scaled dot-product attention from left to right", "从左到右的缩放点积注意力"))
d.text(260, 16, ("nothing here is learned: the matrices come before Q, K and V",
                 "这里没有要学的参数：矩阵都在 Q、K、V 之前"), colour="grey")
q, k, v = (d.box(8, y, 72, 36, t, c) for y, t, c in
           ((44, "Q (T,d)", "orange"), (98, "K (S,d)", "blue"), (174, "V (S,E)", "green")))
steps = [d.box(x, 62, w, 50, t, c, dashed) for x, w, t, c, dashed in
         ((112, 68, "Q Kᵀ\n(T,S)", "grey", False), (202, 62, "÷ √d\n(T,S)", "grey", False),
          (286, 84, ("mask\n(optional)", "掩码\n（可选）"), "grey", True), (392, 76, ("softmax\nby row", "按行\nsoftmax"), "violet", False))]
d.arrow([q.right, (112, 78)], "orange")
d.arrow([k.right, (112, 98)], "blue")
for a, b in zip(steps, steps[1:]):
    d.arrow([a.right, b.left])
pv = d.box(392, 166, 76, 50, "P V\n(T,E)", "grey")
d.arrow([v.right, pv.left], "green")
d.arrow([steps[-1].bottom, pv.top])
d.text(424, 140, "P (T,S)", "end")
d.arrow([pv.right, (512, 191)])
d.text(516, 174, ("out", "输出"), "end")

d = Diagram("ch03/split-heads", 246, ("Splitting into heads and joining them", "拆成多头，再拼回来"))
for x, w, t in ((46, 90, "x W (10,32)"), (154, 110, ("split (4,10,8)", "拆 (4,10,8)")), (326, 66, "(4,10,8)"),
                (426, 100, ("join (10,32)", "拼 (10,32)"))):
    d.text(x, 16, t, bold=True)
COLOUR = ("blue", "orange", "green", "violet")
for x in (18, 398):
    for i in range(4):
        d.box(x + 14 * i, 36, 14, 172, "", COLOUR[i], corner=0)
for i in range(4):
    y = 36 + 45 * i
    part = d.box(134, y, 24, 36, "", COLOUR[i], corner=0)
    head = d.box(182, y, 112, 36, ("head %d (10,10)" % (i + 1), "头 %d (10,10)" % (i + 1)), COLOUR[i])
    out = d.box(316, y, 24, 36, "", COLOUR[i], corner=0)
    d.arrow([(76, 122), part.left], "grey")
    d.arrow([part.right, head.left], "grey")
    d.arrow([head.right, out.left], "grey")
    d.arrow([out.right, (396, 122)], "grey")
end = d.box(472, 100, 44, 44, "W\nout", "grey")
d.arrow([(456, 122), end.left])
d.text(46, 230, ("32 channels", "32 个通道"), colour="grey")
d.text(516, 230, ("splitting and joining do no arithmetic", "拆和拼都不做算术"), "end", "grey")

# ---- 3.4 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch03/rope", 300, ("Rotary positions: the angle between query and key", "旋转位置编码：查询与键的夹角"))
for x, s_at, t_at in ((130, 2, 4), (390, 7, 9)):
    d.text(x, 18, ("query at %d, key at %d" % (t_at, s_at), "查询在位置 %d，键在位置 %d" % (t_at, s_at)), bold=True)
    d.circle(x, 150, 96, colour="grey")
    for at, name, colour in ((s_at, "k", "blue"), (t_at, "q", "orange")):
        angle = 0.5 * at
        d.arrow([(x, 150), (x + 96 * math.cos(angle), 150 - 96 * math.sin(angle))], colour, 2.5)
        d.text(x + 112 * math.cos(angle), 150 - 112 * math.sin(angle), name, colour=colour, bold=True)
    arc = [(x + 40 * math.cos(a), 150 - 40 * math.sin(a)) for a in (0.5 * s_at + i * (t_at - s_at) / 40 for i in range(21))]
    d.line(arc, "green", 2)
    middle = 0.25 * (s_at + t_at)
    d.text(x + 60 * math.cos(middle), 150 - 60 * math.sin(middle), "2ω", colour="green", bold=True)
d.text(260, 278, ("the same distance: the same angle, the same score",
                  "距离相同，夹角就相同，得分也相同"))

# ---- 3.5 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch03/encoder-block", 470, ("The encoder block of 2017", "2017 年的编码器块"), width=440)
made = block(d, 222, 176, ((360, 50, ("multi-head\nself-attention", "多头\n自注意力"), "orange"), (320, "+"),
                           (254, 36, ("layer norm", "层归一化"), "violet"),
                           (160, 50, ("feed-forward\nC → 4C → C", "前馈\nC → 4C → C"), "green"), (120, "+"),
                           (54, 36, ("layer norm", "层归一化"), "violet")), ((430, 320), (232, 120)))
d.arrow([(222, 446), made[0].bottom])
d.arrow([made[-1].top, (222, 28)])
d.text(222, 458, "x (B,T,C)")
d.text(222, 14, "(B,T,C)")
for y in (185, 385):
    d.text(86, y, ("residual", "残差"), "end", "blue")
d.text(322, 385, ("words exchange\ninformation", "词与词\n交换信息"), "start", "grey")
d.text(322, 185, ("each word\non its own", "每个词\n各算各的"), "start", "grey")

d = Diagram("ch03/pre-post", 424, ("Post-norm and pre-norm", "后归一化与前归一化"))
LAYER = ("attention or\nfeed-forward", "注意力或\n前馈")
d.text(136, 16, ("post-norm (2017)", "后归一化（2017）"), bold=True)
made = block(d, 150, 130, ((330, 48, LAYER, "orange"), (300, "+"), (242, 32, NORM, "violet"),
                           (162, 48, LAYER, "orange"), (132, "+"), (74, 32, NORM, "violet")), ((394, 300), (224, 132)))
d.arrow([(150, 408), made[0].bottom])
d.arrow([made[-1].top, (150, 48)])
d.text(150, 416, "x")
d.text(394, 16, ("pre-norm (GPT-2)", "前归一化（GPT-2）"), bold=True)
for y in (330, 162):
    norm = d.box(350, y + 26, 130, 32, NORM, "violet")
    layer = d.box(350, y - 42, 130, 48, LAYER, "orange")
    d.arrow([norm.top, layer.bottom])
    d.line([(310, y + 42 + 34), (310, y + 42)], "blue", 2)
    d.arrow([(310, y + 42), norm.left])
    d.arrow([layer.top, (415, y - 72), (322, y - 72)])
d.arrow([(310, 408), (310, 48)], "blue", 2.5)
for y in (258, 90):
    d.plus(310, y)
d.text(310, 416, "x")
d.text(498, 60, ("residual stream", "残差流"), "end", "blue")

# ---- 3.6, 3.7 ---------------------------------------------------------------------------------------------------------

d = Diagram("ch03/decoder-block", 566, ("A decoder block of 2017", "2017 年的解码器块"))
made = block(d, 196, 164, ((466, 50, ("masked\nself-attention", "带掩码的\n自注意力"), "orange"), (430, "+"),
                           (370, 34, NORM, "violet"), (288, 50, ("cross-attention", "交叉注意力"), "blue"), (250, "+"),
                           (190, 34, NORM, "violet"), (126, 40, FORWARD, "green"), (94, "+"), (34, 34, NORM, "violet")),
             ((530, 430), (352, 250), (178, 94)))
d.arrow([(196, 546), made[0].bottom])
d.arrow([made[-1].top, (196, 12)])
d.text(196, 556, ("x (B,T,C): the words so far", "x (B,T,C)：已写出的词"))
d.text(290, 491, ("no look-ahead", "看不到后面"), "start", "grey")
memory = d.box(372, 288, 142, 50, ("memory (B,S,C)\nfrom the encoder", "memory (B,S,C)\n编码器的输出"), "grey")
d.arrow([memory.left, made[3].right], "blue")
d.text(325, 300, "k, v", colour="blue")
d.text(212, 346, "q", "middle", "blue")

d = Diagram("ch03/architecture", 500, ("The whole Transformer, without residuals and norms", "完整的 Transformer，残差和归一化没有画出来"))
d.box(14, 196, 206, 202, dashed=True)
d.box(304, 118, 198, 280, dashed=True)
d.text(34, 214, "N ×", bold=True)
d.text(482, 136, "N ×", bold=True)
EMBED = ("embedding × √C\n+ position", "嵌入 × √C\n+ 位置")
left = block(d, 117, 166, ((422, 46, EMBED, "violet"), (340, 36, ("self-attention", "自注意力"), "orange"),
                           (262, 36, FORWARD, "green")))
right = block(d, 399, 166, ((422, 46, EMBED, "violet"), (340, 36, ("masked self-attention", "带掩码的自注意力"), "orange"),
                            (262, 36, ("cross-attention", "交叉注意力"), "blue"), (184, 36, FORWARD, "green"),
                            (66, 36, "× tableᵀ, softmax", "violet")))
d.arrow([right[-1].top, (399, 40)])
d.text(399, 26, ("p(next word)", "p（下一个词）"))
d.arrow([left[-1].top, (117, 150), (258, 150), (258, 280), right[2].left], "blue", 2)
d.text(124, 136, ("memory (B,S,C)", "memory (B,S,C)"), colour="blue")
d.text(280, 266, "k, v", colour="blue")
for x, t in ((117, ("source: once\nper sentence", "原文：每句一次")), (399, ("words so far: once\nper word", "已写出的词：每个词一次"))):
    d.text(x, 486, (t[0].replace("\n", " "), t[1]))
d.arrow([(117, 478), left[0].bottom])
d.arrow([(399, 478), right[0].bottom])

# ---- 3.8, 3.9 ---------------------------------------------------------------------------------------------------------

d = Diagram("ch03/three-masks", 300, ("Who sees whom", "谁看得见谁"))
for x, t in ((62, ("encoder only\n(BERT)", "仅编码器\n（BERT）")), (216, ("decoder only\n(GPT)", "仅解码器\n（GPT）")),
             (420, ("encoder-decoder\n(T5)", "编码器-解码器\n（T5）"))):
    d.text(x, 24, t, bold=True)
d.cells(11, 80, 17, ["b" * 6] * 6)
d.cells(165, 80, 17, ["b" * (i + 1) + "." * (5 - i) for i in range(6)])
d.cells(344, 80, 17, ["bbbb....."] * 4 + ["vvvv" + "o" * (i + 1) + "." * (4 - i) for i in range(5)])
d.text(378, 66, ("source", "原文"), colour="grey")
d.text(454, 66, ("target", "译文"), colour="grey")
d.text(338, 114, ("source", "原文"), "end", "grey")
d.text(338, 190, ("target", "译文"), "end", "grey")
d.text(62, 210, ("every word sees\nevery word", "每个词\n都看得见"), colour="grey")
d.text(216, 210, ("a word sees\nwhat came before", "只看得见\n前面的词"), colour="grey")
d.text(420, 262, ("source sees source;\ntarget sees both", "原文看原文；\n译文两边都看"), colour="grey")
d.text(11, 280, ("row looks at column", "行看列"), "start", "grey")

d = Diagram("ch03/flash", 270, ("Attention in blocks", "分块的注意力"))
d.text(36, 20, ("one\nquery", "一个\n查询"), colour="orange", bold=True)
q = d.box(8, 98, 44, 40, "q", "orange")
for i in range(4):
    x = 76 + 100 * i
    here = i == 1
    d.text(x + 43, 20, ("block %d" % (i + 1), "第 %d 块" % (i + 1)), bold=True)
    kv = d.box(x, 40, 86, 32, "K, V", "blue" if here else "grey")
    score = d.box(x, 92, 86, 52, ("scores in\nthe cache", "缓存里\n的得分"), "orange" if here else "grey", dashed=not here)
    state = d.box(x, 170, 86, 38, "m, ℓ, o", "green")
    d.arrow([kv.bottom, score.top], "grey")
    d.arrow([score.bottom, state.top], "grey")
    if i == 0:
        d.arrow([q.right, score.left], "orange")
    else:
        d.arrow([(x - 14, 189), state.left], "green", 2)
d.arrow([(462, 189), (482, 189)], "green", 2)
d.text(500, 189, "o/ℓ")
d.text(260, 242, ("m: maximum score so far; ℓ: sum of weights so far;\no: weighted sum of values so far",
                  "m：目前最大的得分；ℓ：目前的权重和；\no：目前的加权和"), colour="grey")

d = Diagram("ch03/gqa", 214, ("Multi-head, grouped-query and multi-query attention", "多头、分组查询、多查询注意力"))
for n, (name, groups, caption) in enumerate(((("multi-head", "多头"), 8, ("8 queries,\n8 keys and values", "8 个查询，\n8 份键和值")),
                                             (("grouped-query", "分组查询"), 2, ("8 queries,\n2 keys and values", "8 个查询，\n2 份键和值")),
                                             (("multi-query", "多查询"), 1, ("8 queries,\n1 key and value", "8 个查询，\n1 份键和值")))):
    x = 8 + 176 * n
    d.text(x + 78, 16, name, bold=True)
    kv = [d.box(x + 20 * (8 / groups * (g + 0.5) - 0.5), 34, 17, 42, "k\nv", "blue", corner=3) for g in range(groups)]
    for i in range(8):
        q = d.box(x + 20 * i, 126, 17, 30, "q", "orange", corner=3)
        d.line([kv[i * groups // 8].bottom, q.top], "grey", 1)
    d.text(x + 78, 188, caption, colour="grey")
