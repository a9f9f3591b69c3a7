"""The diagrams of chapter 5."""
from diagram import Diagram

# ---- 5.1 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch05/objectives", 520, ("One sentence, four objectives", "一句话，四种目标"))
MASK = ("[MASK]", "[MASK]")
tasks = (
    ("MLM", "BERT", ("1 of 6", "6 个中 1 个"), ["", "", "", "white", "", ""], ["Mary", "saw", "a", "[MASK]", "cat", "."], None),
    ("CLM", "GPT", ("6 of 6", "6 个全问"), ["Mary", "saw", "a", "white", "cat", "."], ["<s>", "Mary", "saw", "a", "white", "cat"], None),
    ("PLM", "XLNet", ("6 of 6", "6 个全问"), ["Mary", "saw", "a", "white", "cat", "."], ["Mary", "saw", "a", "white", "cat", "."], "425163"),
    (("Spans", "片段"), "T5", ("5 outputs", "5 个输出"), ["<X0>", "a", "white", "cat", "</s>"], ["Mary", "saw", "<X0>", ".", "</s>"], None))
for n, (name, model, share, above, below, order) in enumerate(tasks):
    y = 8 + 118 * n + (10 if n == 3 else 0)
    d.text(8, y + 14, name, "start", bold=True)
    d.text(8, y + 36, model, "start", "grey")
    d.text(8, y + 58, share, "start", "grey")
    low = [d.box(88 + 72 * i, y + 52, 66, 30, t, "red" if t in ("[MASK]", "<X0>") else "blue") for i, t in enumerate(below)]
    high = [d.box(88 + 72 * i, y, 66, 30, t, "orange") if t else None for i, t in enumerate(above)]
    for i, box in enumerate(high):
        if box and n < 3:
            d.arrow([low[i].top, box.bottom], "orange")
        if order:
            d.text(121 + 72 * i, y + 94, order[i], colour="grey")
    if n == 3:
        d.line([(121, y + 52), (121, y + 41), (409, y + 41), (409, y + 52)], "grey")
        d.arrow([(265, y + 41), high[2].bottom], "orange")
d.text(260, 496, ("blue: input; red: hidden; orange: predicted;\nnumbers: the order in which PLM predicts",
                  "蓝：输入；红：被遮住；橙：要预测；\n数字：PLM 预测的次序"), colour="grey")

# ---- 5.2 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch05/packing", 236, ("Documents in rows, and packed", "一篇一行，与装箱"))
for x, t in ((85, ("one per row", "一篇一行")), (264, ("packed", "装箱")), (444, ("who sees whom", "谁看得见谁"))):
    d.text(x, 16, t, bold=True)
for i, row in enumerate(("bbbbbb.....", "gggg.......", "ooooooo....", "vvv........")):
    d.cells(8, 40 + 26 * i, 14, [row])
d.text(85, 168, ("20 of 44\npositions used", "44 个位置\n用了 20 个"), colour="grey")
for i, (row, places) in enumerate((("bbbbbbgggg.", "0123450123"), ("ooooooovvv.", "0123456012"))):
    d.cells(187, 40 + 52 * i, 14, [row])
    for k, place in enumerate(places):
        d.text(194 + 14 * k, 66 + 52 * i, place, colour="grey")
d.text(264, 168, ("20 of 22; below:\nthe positions", "22 个位置用了 20 个；\n下面是位置编号"), colour="grey")
d.cells(372, 36, 13, ["b" * (i + 1) + "." * (10 - i) for i in range(6)] +
        ["." * 6 + "g" * (i + 1) + "." * (4 - i) for i in range(4)] + ["." * 11])
d.text(436, 204, ("the first packed row:\nrow looks at column", "装箱后的第一行：\n行看列"), colour="grey")

d = Diagram("ch05/two-streams", 322, ("Two streams", "双流"))
for x, title, top, colour, seen, caption in (
        (8, ("content stream", "内容流"), "h", "blue", (0, 1, 3), ("sees 1, 2\nand itself (3)", "看得见 1、2\n和自己（3）")),
        (276, ("query stream", "查询流"), "q", "orange", (0, 3), ("sees 1 and 2; of itself,\nonly the position", "看得见 1 和 2；\n自己只有位置"))):
    d.text(x + 118, 16, title, colour=colour, bold=True)
    goal = d.circle(x + 89, 104, 18, top, colour)
    if top == "q":
        word = d.box(x + 58, 40, 62, 30, "saw", "orange")
        d.arrow([goal.top, word.bottom], "orange")
    for i, (word, order) in enumerate((("Mary", 1), ("saw", 3), ("white", 4), ("cats", 2))):
        state = d.circle(x + 29 + 60 * i, 182, 17, "h")
        box = d.box(x + 2 + 60 * i, 220, 54, 30, word, "grey")
        d.arrow([box.top, state.bottom], "grey")
        d.text(x + 29 + 60 * i, 264, str(order), colour="grey")
        if i in seen:
            d.arrow([state.top, (goal.middle[0] + 6 * (i - 1), goal.bottom[1])], colour)
    d.text(x + 118, 298, caption, colour="grey")

# ---- 5.3 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch05/accumulate", 300, ("Gradient accumulation", "梯度累积"))
d.text(67, 16, ("one step", "一步"), bold=True)
d.text(196, 16, ("activations:\nfreed each time", "激活值：\n每次释放"), colour="grey")
buffer = d.box(316, 110, 98, 66, ("one gradient\nbuffer:\ng += gᵢ/4", "一份梯度：\ng += gᵢ/4"), "violet")
d.text(365, 86, ("N numbers,\nnot 4N", "N 个数，\n不是 4N"), colour="grey")
for i in range(4):
    y, colour = 42 + 54 * i, "blue" if i % 2 == 0 else "green"
    batch = d.box(8, y, 118, 44, ("micro-batch %d\n12 × 64 tokens" % (i + 1), "小批 %d\n12 × 64 个词元" % (i + 1)), colour)
    run = d.box(150, y, 90, 44, ("forward,\nbackward", "前向、\n反向"), "grey", dashed=True)
    d.arrow([batch.right, run.left], colour)
    d.text(266, y + 22, "g%s/4" % "₁₂₃₄"[i])
    d.arrow([(288, y + 22), (314, 128 + 10 * i)], colour)
clip = d.box(440, 80, 74, 36, ("clip", "裁剪"), "orange")
adam = d.box(440, 170, 74, 36, "AdamW", "orange")
d.arrow([buffer.right, (427, 143), (427, 98), clip.left])
d.arrow([clip.bottom, adam.top])
d.text(477, 62, ("once", "每步一次"), colour="grey")
d.text(260, 276, ("one process takes all four in turn; with two processes,\none takes the blue ones and the other the green ones",
                  "一个进程依次做完四个；两个进程时，\n一个做蓝的，一个做绿的"), colour="grey")

d = Diagram("ch05/checkpoint", 330, ("What a checkpoint holds and how it is replaced", "检查点里有什么，怎样替换"))
d.text(128, 16, "training.safetensors", bold=True)
y = 36
for text, size, height, colour in ((("weights", "权重"), "4N", 40, "blue"), (("first moments m", "一阶矩 m"), "4N", 40, "blue"),
                                   (("second moments v", "二阶矩 v"), "4N", 40, "blue"), (("random state of batches", "抽批的随机状态"), "32", 32, "green"),
                                   (("steps done, best loss", "已走步数、最好的损失"), "", 32, "green"), (("settings, hash of the text", "设置、文本的哈希"), "", 32, "violet")):
    d.box(8, y, 240, height, "", colour)
    d.text(18, y + height / 2, text, "start")
    if size:
        d.text(238, y + height / 2, size, "end", "grey")
    y += height + 6
d.text(128, y + 12, ("sizes in bytes", "大小以字节计"), colour="grey")
d.text(394, 16, ("always one whole file", "任何时刻都有一份完整的"), bold=True)
first = d.box(272, 36, 160, 34, "training.safetensors", "grey")
d.text(442, 53, ("step 1500", "第 1500 步"), "start")
d.text(360, 88, ("write beside it", "写在旁边"), "start", "grey")
second = d.box(272, 106, 160, 34, "training.safetensors", "grey")
d.box(286, 144, 142, 32, ("*.part, growing", "*.part，在变长"), "orange", dashed=True)
d.text(442, 123, ("step 1500", "第 1500 步"), "start")
d.text(394, 192, ("killed here: 1500 is whole", "此时被杀：1500 完整"), colour="orange")
third = d.box(272, 246, 160, 34, "training.safetensors", "grey")
d.text(442, 263, ("step 1750", "第 1750 步"), "start")
d.text(360, 224, ("rename, all at once", "一次改名"), "start", "grey")
d.text(394, 296, ("killed here: 1750 is whole", "此时被杀：1750 完整"), colour="orange")
d.arrow([first.bottom, second.top], "grey")
d.arrow([(352, 206), third.top], "grey")
