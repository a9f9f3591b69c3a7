"""The diagrams of chapter 1."""
from diagram import Diagram

# ---- 1.1 ------------------------------------------------------------------------------------------------------------

d = Diagram("ch01/timeline", 532, ("Seven decades of language models", "语言模型七十年"))
ABOVE = (
    ("1951", "grey", "Shannon: guess the next letter", "香农：猜下一个字母"),
    ("1954", "grey", "Harris: words by their contexts", "哈里斯：由上下文看词"),
    ("1972", "grey", "Spärck Jones: rare words count more", "斯帕克·琼斯：罕见的词更重要"),
    ("1997", "green", "LSTM", "LSTM"),
    ("2003", "orange", "Bengio: a neural language model", "Bengio：神经语言模型"),
    ("2013", "orange", "Word2Vec", "Word2Vec"),
    ("2014", "green", "GRU; sequence to sequence; GloVe", "GRU；序列到序列；GloVe"),
    ("2015", "blue", "attention", "注意力"))
BELOW = (
    ("2017", "blue", "Transformer: attention alone", "Transformer：只用注意力"),
    ("2018", "blue", "GPT and BERT: pretraining", "GPT 与 BERT：预训练"),
    ("2020", "blue", "GPT-3: tasks in the prompt; scaling laws", "GPT-3：任务写进提示；规模定律"),
    ("2022", "blue", "Chinchilla; ChatGPT: alignment", "Chinchilla；ChatGPT：对齐"),
    ("2023", "blue", "GPT-4; open weights: LLaMA", "GPT-4；开放权重：LLaMA"),
    ("2024", "blue", "o1: long reasoning; DeepSeek-V3", "o1：长推理；DeepSeek-V3"),
    ("2025", "blue", "DeepSeek-R1; Kimi K2", "DeepSeek-R1；Kimi K2"))
STEP, X = 33, 92
for first, rows in ((0, ABOVE), (len(ABOVE) + 0.5, BELOW)):
    for i, (year, colour, en, zh) in enumerate(rows):
        y = 22 + STEP * (first + i)
        if i:
            d.line([(X, y - STEP + 8), (X, y - 8)], "grey")
        d.text(X - 20, y, year, "end", "grey")
        d.circle(X, y, 7, colour=colour)
        d.text(X + 22, y, (en, zh), "start")
middle = 22 + STEP * (len(ABOVE) - 0.25)
d.line([(20, middle), (500, middle)], "grey", dashed=True)
d.text(500, middle - 16, ("this chapter", "本章"), "end", "grey")
d.text(500, middle + 16, ("the rest of the book", "后面各章"), "end", "grey")

# ---- 1.2.3 ----------------------------------------------------------------------------------------------------------

d = Diagram("ch01/cells", 340, ("The main path through three cells", "三种单元的主路径"))
for row, (name, state, passes, added, note) in enumerate((
        ("RNN", "h", (("W", "blue"), ("tanh", "red")), ("U x", "grey"),
         ("back: times W and tanh′, at every step", "反向：每一步都乘 W 和 tanh′")),
        ("LSTM", "c", (("× f", "green"),), ("i · u", "grey"),
         ("back: times the forget gate f alone", "反向：只乘遗忘门 f")),
        ("GRU", "h", (("× z", "green"),), ("(1 − z) · u", "grey"),
         ("back: times the gate z alone", "反向：只乘门 z")))):
    y = 46 + 114 * row
    d.text(8, y, name, "start", bold=True)
    before = d.circle(92, y, 20, state + "ₜ₋₁")
    after = d.circle(484, y, 20, state + "ₜ")
    first = d.box(156, y - 17, 60, 34, *passes[0])
    plus = d.plus(290, y)
    new = d.box(240, y + 30, 100, 30, *added)
    d.arrow([before.right, first.left], "ink", 2)
    d.arrow([first.right, plus.left], "ink", 2)
    d.arrow([new.top, plus.bottom], "grey")
    if len(passes) > 1:
        second = d.box(356, y - 17, 70, 34, *passes[1])
        d.arrow([plus.right, second.left], "ink", 2)
        d.arrow([second.right, after.left], "ink", 2)
    else:
        d.arrow([plus.right, after.left], "ink", 2)
    d.text(516, y - 36, note, "end", "grey")
