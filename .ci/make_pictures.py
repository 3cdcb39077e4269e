"""Make the pictures of the home page, in nbs/pictures, from the outputs of other pages and from nbs/results.

They have a ground of their own, so that they are legible on white and on dark pages. `og.png`, which other sites
show beside a link, is drawn anew only if its text has changed, since its bytes differ from machine to machine.
"""

import ast, base64, csv, hashlib, html, inspect, io, re
from pathlib import Path
from statistics import median
from textwrap import wrap

import nbformat
from PIL import Image

NBS = Path(__file__).resolve().parent.parent / "nbs"
PICTURES = NBS / "pictures"
WIDTH, MARGIN = 480, 24
GROUND, BRIGHT, PLAIN, DIM, ORANGE, BLUE = "#16202b", "#ffffff", "#cfd8e1", "#8fa1b3", "#ff9d5c", "#56b4e9"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def outputs(page, start):
    """Return what the cell of a page that contains a text has left: data by kind, and what it printed."""
    [cell] = [cell for cell in nbformat.read(NBS / page, as_version=4).cells
              if cell.cell_type == "code" and start in cell.source]
    found = {"stdout": "", "source": cell.source}
    for output in cell.outputs:
        found["stdout"] += output.get("text", "")
        found.update(output.get("data", {}))
    return found


def text(x, y, what, size=14, colour=PLAIN, font=None, extra=""):
    """Return one line of text; in the fixed font, each character takes 0.6 of the size."""
    fixed = f' font-family="{MONO}" textLength="{0.6 * size * len(what):.1f}"' if font == MONO else ""
    return (f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}"{fixed}{extra} xml:space="preserve">'
            f"{html.escape(what)}</text>")


def card(name, title, below, parts, height=300):
    """Write a picture with a title, a line below it, and what it shows."""
    parts = [f'<rect width="{WIDTH}" height="{height}" rx="10" fill="{GROUND}"/>',
             text(MARGIN, 40, title, 22, BRIGHT, extra=' font-weight="600"'), text(MARGIN, 64, below, 14, DIM), *parts]
    (PICTURES / f"home_{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="{SANS}">\n' + "\n".join(parts) + "\n</svg>\n", encoding="utf-8", newline="\n")


def stages():
    """Return what the model of 07_chargpt wrote by step, how many steps it took, and how many seconds."""
    printed = outputs("07_chargpt.ipynb", "for step in range(100, 700, 100)")["stdout"]
    written = {int(step): " ".join(ast.literal_eval(line).split())
               for step, line in re.findall(r"^ *(\d+)  (['\"].*['\"])$", printed, re.M)}
    run = outputs("07_chargpt.ipynb", "def sixty(model)")["stdout"]
    steps, seconds = re.match(r"(\d+) steps in (\d+) s", run).groups()
    assert max(written) == int(steps), written
    return written, int(steps), int(seconds)


def writing():
    """Show the last text first, since that is what the model has learned."""
    written, steps, seconds = stages()
    lines = wrap(written[steps], 36)
    parts = [text(MARGIN, 106 + 25 * i, line, 20, BRIGHT, MONO) for i, line in enumerate(lines)]
    for i, step in enumerate(sorted(written)[:-1]):
        y = 178 + 24 * i
        parts += [text(MARGIN, y, f"{step:3}", 13, ORANGE, MONO),
                  text(MARGIN + 36, y, written[step][:50] + "…", 13, DIM, MONO)]
    card("writing", "It learns to write",
         f"after {steps} steps, {seconds} s on two CPU cores; and on the way", parts)


def head():
    """Show the outlined head of 62_sorting, with the colours of its figure."""
    found = outputs("projects/62_sorting.ipynb", "#D55E00")
    image = Image.open(io.BytesIO(base64.b64decode(found["image/png"]))).convert("RGBA")
    outlined = image.getchannel("R").point(lambda r: 255 * (r == 0xD5))
    for channel, value in (("G", 0x5E), ("B", 0)):
        other = image.getchannel(channel).point(lambda v, value=value: 255 * (v == value))
        outlined = Image.composite(outlined, Image.new("L", image.size), other)
    left, top, right, bottom = outlined.getbbox()
    read = re.search(r"tensor\(\[\[([\d, ]+)\]\]\)", found["source"]).group(1).split(", ")
    asked = re.search(r"set_yticks\(range\(6\), \[([\d, ]+)\]", found["source"]).group(1).split(", ")
    x0, y0, wide, high = 84, 106, (WIDTH - 87 - MARGIN) / len(read), 26
    parts = [text(MARGIN, y0 - 10, "writes", 13, DIM), text(x0, y0 - 10, "looks at the row", 13, DIM),
             text(round(x0 + wide * len(asked)), y0 - 10, "at its answer so far", 13, DIM)]
    for row, digit in enumerate(asked):
        parts.append(text(MARGIN + 16, y0 + high * row + 19, digit, 16, ORANGE, MONO))
        for column in range(len(read)):
            place = (left + (column + 0.5) * (right - left) / len(read), top + (row + 0.5) * (bottom - top) / len(asked))
            colour = "#%02x%02x%02x" % image.getpixel((int(place[0]), int(place[1])))[:3]
            x = x0 + wide * column + 3 * (column >= len(asked))
            parts.append(f'<rect x="{x:.1f}" y="{y0 + high * row}" width="{wide - 1:.1f}" '
                         f'height="{high - 1}" fill="{colour}"/>')
    for column, digit in enumerate(read):
        parts.append(text(round(x0 + wide * (column + 0.5) - 5), y0 + high * len(asked) + 20, digit, 16,
                          PLAIN if column < len(asked) else DIM, MONO))
    card("head", "It shows where it looks",
         f"sorting {''.join(read[:6])}: this head finds the digit that comes next", parts)


def surprise():
    """Show the strip of 09_generating, which colours each character by its loss."""
    strip = outputs("09_generating.ipynb", "HTML(colour_strip(list(text), losses))")["text/html"]
    body = re.search(r"<p [^>]*>(.*)</p>", strip, re.S).group(1)
    found = [(1.0, 0.0, body[0])]
    found += [(float(p), float(strength) / 0.7, html.unescape(shown)) for p, strength, shown in
              re.findall(r'title="p = ([^"]+)" style="[^"]*0, ([\d.]+)\)">(.*?)</span>', body)]
    parts, at, whole = [], 0, "".join(shown for *_, shown in found)
    for row, line in enumerate(re.findall(r".{1,36}(?: |$)", whole)):
        y = 116 + 44 * row
        for column, (_, strength, _) in enumerate(found[at : at + len(line)]):
            if strength > 0.01:
                parts.append(f'<rect x="{MARGIN + 12 * column}" y="{y - 22}" width="12" height="32" '
                             f'fill="#d55e00" fill-opacity="{strength:.2f}"/>')
        parts.append(text(MARGIN, y, line, 20, BRIGHT, MONO))
        at += len(line)
    least = min(range(len(found)), key=lambda i: found[i][0])
    said = f"“{whole[least]}” after “{whole[max(0, least - 4) : least]}”: probability {found[least][0]:.1%}"
    parts.append(text(MARGIN, 270, said, 14, PLAIN))
    card("surprise", "It says what surprised it", "the stronger the colour, the less a letter was expected", parts)


def ladder():
    """Show the median seconds of each line of 81_speedrun."""
    runs = {}
    with open(NBS / "results" / "speedrun.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            runs.setdefault(row["run"], []).append(float(row["seconds"]))
    seconds = {name: median(values) for name, values in runs.items()}
    parts = []
    for i, (name, value) in enumerate(seconds.items()):
        y, wide = 86 + 34 * i, 380 * value / max(seconds.values())
        last = i == len(seconds) - 1
        parts += [text(MARGIN, y + 8, name, 13, BRIGHT if last else DIM),
                  f'<rect x="{MARGIN}" y="{y + 13}" width="{wide:.1f}" height="9" rx="2" fill="{ORANGE if last else BLUE}"/>',
                  text(round(MARGIN + wide + 8), y + 22, f"{value:.0f} s", 14, BRIGHT)]
    card("ladder", f"It trains in {list(seconds.values())[-1]:.0f} seconds",
         "tiny Shakespeare, to the loss that nanoGPT gives for a CPU", parts)


def preview():
    """Draw what other sites show beside a link: name, lead, and what the model wrote."""
    index = "\n".join(cell.source for cell in nbformat.read(NBS / "index.ipynb", as_version=4).cells)
    lead = " ".join(re.search(r'<p class="lead"><b>(.*?)</b></p>', index, re.S).group(1).split())
    written, steps, _ = stages()
    lines = [*wrap(lead, 52), *(f"{step} {line}" for step, line in written.items())]
    mark = hashlib.sha256("\n".join([inspect.getsource(preview), *lines]).encode()).hexdigest()
    path = PICTURES / "og.png"
    if path.exists() and Image.open(path).info.get("mark") == mark:
        return
    from matplotlib.figure import Figure
    fig = Figure((12, 6.3), dpi=100, facecolor=GROUND)
    fig.text(0.06, 0.82, "mingpt_nb", size=54, color=BRIGHT, weight="bold")
    fig.text(0.06, 0.72, "\n".join(wrap(lead, 52)), size=25, color=PLAIN, va="top", linespacing=1.4)
    for i, (step, line) in enumerate(written.items()):
        y, last = 0.38 - 0.06 * i, step == steps
        fig.text(0.06, y, f"{step}", size=17, color=ORANGE, family="monospace")
        fig.text(0.12, y, line, size=17, color=BRIGHT if last else DIM, family="monospace")
    drawn = io.BytesIO()
    fig.savefig(drawn, format="png", facecolor=GROUND)
    from PIL.PngImagePlugin import PngInfo
    info = PngInfo()
    info.add_text("mark", mark)
    Image.open(drawn).convert("RGB").quantize(48).save(path, pnginfo=info, optimize=True)


def check_sixty():
    """See that the home page shows what the sixty lines have written."""
    said = outputs("index.ipynb", '[sixty]')["stdout"], outputs("00_sixty_lines.ipynb", "textwrap.fill(write")["stdout"]
    assert said[0].strip() == said[1].strip(), "index.ipynb shows an older text of 00_sixty_lines: execute it"


if __name__ == "__main__":
    for make in (writing, head, surprise, ladder, preview, check_sixty):
        make()
