"""The diagrams of chapter 2."""
from diagram import Diagram

# ---- 2.1 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch02/tape", 268, ("The tape of Q = 3a³ − b²", "Q = 3a³ − b² 的计算图"))
d.text(10, 16, ("value at a = 2, b = 6", "a = 2、b = 6 时的值"), "start", bold=True)
d.text(510, 16, ("gradient dQ/d…", "梯度 dQ/d…"), "end", "orange", bold=True)
a, b = d.box(10, 62, 64, 36, "a = 2", "blue"), d.box(10, 192, 64, 36, "b = 6", "blue")
square, cube, three = (d.box(x, 62, w, 36, t, "grey") for x, w, t in ((124, 66, "a² = 4"), (234, 70, "a³ = 8"), (350, 74, "3a³ = 24")))
other = d.box(234, 192, 74, 36, "b² = 36", "grey")
q = d.box(426, 130, 84, 36, "Q = −12", "green")
for start, end in ((a.right, square.left), (square.right, cube.left), (cube.right, three.left), (b.right, other.left),
                   (other.right, q.left)):
    d.arrow([start, end])
d.arrow([three.bottom, (440, 130)])
d.arrow([a.top, (42, 42), (269, 42), cube.top])
for x, y, t in ((42, 112, "24 + 12 = 36"), (157, 112, "3 · 2 = 6"), (269, 112, "3"), (372, 112, "1"), (74, 244, "−6 − 6 = −12"),
                (271, 244, "−1"), (468, 182, "1")):
    d.text(max(x, 56), y, t, colour="orange")
