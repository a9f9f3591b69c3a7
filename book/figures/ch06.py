"""The diagrams of chapter 6."""
from diagram import Diagram

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
