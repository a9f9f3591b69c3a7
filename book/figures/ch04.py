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
