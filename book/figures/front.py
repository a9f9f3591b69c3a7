"""The picture of the front page: what the book does with every claim."""
from diagram import Diagram

d = Diagram("front", 300, ("A formula, the C program that computes it, and what it prints", "公式，计算它的 C 程序，以及程序的输出"))

d.text(84, 18, ("a formula", "一个公式"), bold=True)
formula = d.box(8, 34, 152, 92, colour="orange")
d.text(84, 66, "softmax(QKᵀ/√d) V")
d.text(84, 98, ("attention", "注意力"), colour="grey")

d.text(352, 18, ("is a C program", "就是一段 C 程序"), bold=True)
program = d.box(192, 34, 320, 92, colour="blue")
for i, line in enumerate(("score  = nn_matmul_nt(g, q, k);", "score  = nn_scale(g, score, 0.5f);",
                          "weight = nn_softmax(g, score);", "return nn_matmul(g, weight, v);")):
    d.text(204, 50 + 20 * i, line, "start", mono=True)
d.arrow([formula.right, program.left])

d.text(260, 152, ("that you run, change, and are graded on", "你来运行、修改，并得到评分"), bold=True)
output = d.box(8, 168, 504, 124, colour="green")
d.arrow([(480, 126), (480, 168)])
shelf = (("apple", 0.56, 52), ("lemon", 0.21, 29), ("candy", 0.21, 390), ("car", 0.03, 0))
for i, (word, weight, value) in enumerate(shelf):
    y = 186 + 23 * i
    d.text(22, y, word, "start", mono=True)
    d.box(84, y - 8, 200 * weight, 15, colour="green", fill=0.8, corner=2)
    d.text(92 + 200 * weight, y, "%.2f" % weight, "start")
    d.text(290, y, "× %d kcal" % value, "start", colour="grey")
d.text(410, 220, ("a sweet fruit:", "一种甜的水果："), "start", colour="grey")
d.text(410, 244, "115 kcal", "start", bold=True)
d.text(22, 280, "$ ./ch03/sdpa_demo", "start", colour="grey", mono=True)
