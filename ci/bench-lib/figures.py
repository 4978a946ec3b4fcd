"""Figures: collected, printed as a table, written as JSON and as Markdown."""

import datetime
import json
import statistics


class Figures:
    def __init__(self):
        self.rows = []
        self.markdown = []

    def title(self, text):
        self.markdown.append(f"\n### {text}\n\n| figure | median | min | max | target |\n|---|---|---|---|---|")
        print(f"\n{text}\n{'':46}{'median':>10} {'min':>10} {'max':>10}  target")

    def add(self, group, name, unit, values, most=None, least=None, **more):
        """Adds a figure that has been measured several times. `most` and `least` are targets."""
        median = statistics.median(values)
        row = {
            "group": group,
            "name": name,
            "unit": unit,
            "median": median,
            "min": min(values),
            "max": max(values),
            "values": values,
            **more,
        }
        target = ""
        if most is not None or least is not None:
            row["target"] = {"most": most} if most is not None else {"least": least}
            row["met"] = median <= most if most is not None else median >= least
            sign, bound = ("≤", most) if most is not None else ("≥", least)
            target = f"{sign} {_number(bound)}{'' if row['met'] else '  MISSED'}"
        self.rows.append(row)
        numbers = " ".join(f"{_number(row[key]):>10}" for key in ("median", "min", "max"))
        label = f"{name}, {unit}" if unit else name
        print(f"{label:46}{numbers}  {target}".rstrip(), flush=True)
        cells = [label, *numbers.split(), target]
        self.markdown.append(f"| {' | '.join(cells)} |")
        return median

    def write(self, path, machine):
        path.write_text(json.dumps({"machine": machine, "figures": self.rows}, indent=1) + "\n")

    def write_markdown(self, path, machine):
        path.parent.mkdir(exist_ok=True)
        sha = "with" if machine["sha_extensions"] else "without"
        path.write_text(
            f"nginx {machine['nginx']}, {machine['cores']} cores of {machine['cpu']} {sha} SHA extensions,"
            f" {datetime.date.today()}\n" + "\n".join(self.markdown) + "\n"
        )


def _number(value):
    if value == 0:
        return "0"
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
