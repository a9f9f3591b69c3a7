"""The diagrams of chapter 4."""
from diagram import Diagram

# ---- 4.1 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch04/pipeline", 232, ("From web pages to shards of tokens", "从网页到词元分片"))
d.text(10, 16, ("one document at a time, in parallel", "逐篇处理，可以并行"), "start", bold=True)
row = [d.box(x, 32, w, 44, t, c) for x, w, t, c in (
    (10, 84, ("archives,\nfolders", "归档文件、\n文件夹"), "grey"), (112, 80, ("extract\ntext", "提取\n正文"), "blue"),
    (210, 86, ("language,\nlines", "语言、\n行过滤"), "blue"), (314, 86, ("rules,\nclassifier", "规则、\n分类器"), "blue"),
    (418, 92, ("signature,\nmasks ...", "签名、\n遮盖等"), "blue"))]
for left, right in zip(row, row[1:]):
    d.arrow([left.right, right.left])
d.text(10, 110, ("in the order of the documents", "按文档的次序"), "start", bold=True)
low = [d.box(x, 126, w, 44, t, c) for x, w, t, c in (
    (412, 98, ("exact and\nnear copies", "完全重复、\n近似重复"), "orange"), (284, 108, ("shard of text", "文本分片"), "green"),
    (156, 108, ("shard of ids", "词元分片"), "green"))]
d.arrow([row[-1].bottom, (464, 126)])
for right, left in zip(low, low[1:]):
    d.arrow([right.left, left.right])
d.text(300, 202, ("after each shard: seen.log, then manifest.json", "每个分片之后：先写 seen.log，再写 manifest.json"), colour="grey")
d.arrow([low[1].bottom, (338, 190)])

# ---- 4.4.1 ----------------------------------------------------------------------------------------------------------

d = Diagram("ch04/ring", 218, ("An all-reduce around a ring of three ranks", "三个进程的环形全归约"))
state = [[str(r)] * 3 for r in range(3)]  # state[rank][share]: whose numbers it holds
for step in range(5):
    left = 6 + 104 * step
    d.text(left + 46, 14, (("before", "开始") if step == 0 else ("step %d" % (step - 1), "第 %d 步" % (step - 1))), bold=True)
    if step:
        old = [row[:] for row in state]
        for r in range(3):
            to, share = (r + 1) % 3, (r - (step - 1)) % 3
            state[to][share] = "".join(sorted(set(old[to][share] + old[r][share]))) if step < 3 else old[r][share]
    for r in range(3):
        d.text(left + 16 + 31 * r, 36, str(r), colour="grey")
        for share in range(3):
            sent = step and share == (r - 1 - (step - 1)) % 3
            whole = state[r][share] == "012"
            d.box(left + 31 * r, 48 + 38 * share, 30, 34, state[r][share], "green" if whole else "blue" if sent else "grey",
                  bold=bool(sent))
d.text(260, 180, ("columns: ranks; bold: what has just come", "列：进程；粗体：刚收到的份"), colour="grey")
d.text(260, 202, ("steps 0, 1 add; steps 2, 3 copy; green: the whole sum", "第 0、1 步相加，第 2、3 步复制；绿：完整的和"), colour="grey")

# ---- 4.4.2 ----------------------------------------------------------------------------------------------------------

d = Diagram("ch04/tensor-parallel", 324, ("A Transformer layer on two ranks", "两个进程上的一层 Transformer"))
for y, name, parts in ((22, ("attention", "注意力"), (("q, k, v\nheads 0, 1", "q、k、v\n头 0、1"), ("q, k, v\nheads 2, 3", "q、k、v\n头 2、3"),
                                                  "out₀", "out₁", "softmax")),
                       (172, ("feed-forward network", "前馈网络"), ("A₀", "A₁",
                                                                "B₀", "B₁", "GELU"))):
    d.text(260, y - 8, name, bold=True)
    x = d.text(16, y + 62, "x")
    f = d.box(34, y + 44, 30, 36, "f", "orange", bold=True)
    g = d.box(424, y + 44, 30, 36, "g", "orange", bold=True)
    for i, colour in ((0, "blue"), (1, "green")):
        top = y + 6 + 62 * i
        first = d.box(92, top, 104, 50, parts[i], colour)
        middle = d.box(222, top + 8, 78, 34, parts[4], "grey")
        last = d.box(326, top + 8, 76, 34, parts[2 + i], colour)
        d.arrow([f.right, first.left])
        d.arrow([first.right, middle.left])
        d.arrow([middle.right, last.left])
        d.arrow([last.right, g.left])
    d.arrow([(24, y + 62), f.left])
    d.arrow([g.right, (486, y + 62)])
    d.text(500, y + 62, "y")
d.text(260, 310, ("blue: rank 0, green: rank 1; f sums backward, g forward", "蓝：进程 0，绿：进程 1；f 反向求和，g 前向求和"), colour="grey")

d = Diagram("ch04/context-parallel", 262, ("Who computes which pairs of query and key", "哪个进程计算哪些查询与键的配对"))
for left, title, owner, counts in ((36, ("side by side", "依次相邻"), "bbooggvv", "3 : 7 : 11 : 15"),
                                   (300, ("folded", "对折"), "bogvvgob", "9 : 9 : 9 : 9")):
    d.text(left + 92, 16, title, bold=True)
    d.cells(left, 34, 23, [owner[t] * (t + 1) + "." * (7 - t) for t in range(8)])
    d.text(left + 92, 240, counts, colour="grey")
d.text(260, 126, ("queries\n↓\nkeys\n→", "查询\n↓\n键\n→"), colour="grey")

# ---- 4.4.4 ----------------------------------------------------------------------------------------------------------

d = Diagram("ch04/grid", 300, ("Eight ranks as a grid 2 x 2 x 2", "八个进程排成 2 x 2 x 2 的网格"))
for copy in range(2):
    d.text(140 + 240 * copy, 14, ("copy %d of the model" % copy, "模型副本 %d" % copy), bold=True)
    d.text(140 + 240 * copy, 34, ("sequences %s" % ("0-3", "4-7")[copy], "序列 %s" % ("0-3", "4-7")[copy]), colour="grey")
    for stage in range(2):
        left, top = 32 + 240 * copy, 54 + 116 * stage
        d.box(left, top, 216, 82, "", "grey", dashed=True)
        d.text(left + 108, top + 14, ("stage %d: layers %s" % (stage, ("0, 1", "2, 3")[stage]),
                                      "阶段 %d：层 %s" % (stage, ("0、1", "2、3")[stage])), colour="grey")
        for part in range(2):
            d.box(left + 12 + 100 * part, top + 30, 92, 42, ("rank %d\nhalf %d" % (4 * copy + 2 * stage + part, part),
                                                             "进程 %d\n半层 %d" % (4 * copy + 2 * stage + part, part)),
                  ("blue", "green")[part])
    d.arrow([(140 + 240 * copy, 138), (140 + 240 * copy, 168)], "violet", 2.5)
    d.arrow([(158 + 240 * copy, 168), (158 + 240 * copy, 138)], "violet", 2.5)
d.arrow([(250, 95), (270, 95)], "orange", 2.5)
d.arrow([(270, 111), (250, 111)], "orange", 2.5)
d.arrow([(250, 211), (270, 211)], "orange", 2.5)
d.arrow([(270, 227), (250, 227)], "orange", 2.5)
d.text(260, 270, ("within a box: tensor; violet: stages; orange: data", "虚线框内：张量；紫：阶段；橙：数据"), colour="grey")
d.text(260, 290, ("a box fits into one host", "一个虚线框应在同一台机器内"), colour="grey")
# ---- 4.1 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch04/pipeline", 232, ("From web pages to shards of tokens", "从网页到词元分片"))
d.text(10, 16, ("one document at a time, in parallel", "逐篇处理，可以并行"), "start", bold=True)
row = [d.box(x, 32, w, 44, t, c) for x, w, t, c in (
    (10, 84, ("archives,\nfolders", "归档文件、\n文件夹"), "grey"), (112, 80, ("extract\ntext", "提取\n正文"), "blue"),
    (210, 86, ("language,\nlines", "语言、\n行过滤"), "blue"), (314, 86, ("rules,\nclassifier", "规则、\n分类器"), "blue"),
    (418, 92, ("signature,\nmasks ...", "签名、\n遮盖等"), "blue"))]
for left, right in zip(row, row[1:]):
    d.arrow([left.right, right.left])
d.text(10, 110, ("in the order of the documents", "按文档的次序"), "start", bold=True)
low = [d.box(x, 126, w, 44, t, c) for x, w, t, c in (
    (412, 98, ("exact and\nnear copies", "完全重复、\n近似重复"), "orange"), (284, 108, ("shard of text", "文本分片"), "green"),
    (156, 108, ("shard of ids", "词元分片"), "green"))]
d.arrow([row[-1].bottom, (464, 126)])
for right, left in zip(low, low[1:]):
    d.arrow([right.left, left.right])
d.text(300, 202, ("after each shard: seen.log, then manifest.json", "每个分片之后：先写 seen.log，再写 manifest.json"), colour="grey")
d.arrow([low[1].bottom, (338, 190)])
