"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);

  function drawn(name, attributes, parent, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  }

  const ms = (value) => (value >= 1000 ? `${(value / 1000).toPrecision(4)} s` : `${value.toPrecision(4)} ms`);

  function yaml(found) {
    const shown = (value) => (Array.isArray(value) ? `[${value.join(", ")}]` : value);
    return data.fields.map((name) => `${name}: ${shown(found[name])}\n`).join("");
  }

  function drawArchitecture(found, place) {
    const sides = [
      { name: "Encoder", width: found.encoder_embed_dim, ffn: found.encoder_ffn_dims, heads: [found.encoder_self_heads] },
      {
        name: "Decoder", width: found.decoder_embed_dim, ffn: found.decoder_ffn_dims,
        heads: [found.decoder_self_heads, found.decoder_cross_heads], attended: found.decoder_attended_layers,
      },
    ];
    const widest = Math.max(...sides.flatMap((side) => side.ffn));
    const deepest = Math.max(...sides.map((side) => side.ffn.length));
    const height = 34 + deepest * 34;
    const words = sides.map((side) => `${side.name}: ${side.ffn.length} layers, ${side.width} wide`).join("; ");
    const svg = drawn("svg", { viewBox: `0 0 360 ${height}`, role: "img", "aria-label": words });
    sides.forEach((side, column) => {
      const middle = 90 + column * 180;
      drawn("text", { x: middle, y: 14, "text-anchor": "middle" }, svg, `${side.name}, ${side.width} wide`);
      side.ffn.forEach((ffn, layer) => {
        const y = height - 34 * (layer + 1);
        const width = 60 + 100 * (ffn / widest);
        drawn("rect", { class: "layer", x: middle - width / 2, y, width, height: 28, rx: 4 }, svg);
        const attended = side.attended ? ` [${side.attended[layer]}]` : "";
        drawn("text", { x: middle, y: y + 13, "text-anchor": "middle" }, svg, `${ffn}${attended}`);
        side.heads.forEach((heads, kind) => {
          for (let head = 0; head < Math.min(heads[layer], 16); head += 1) {
            const row = y + 19 + kind * 5;
            drawn("circle", { class: "head", cx: middle + (head - (heads[layer] - 1) / 2) * 6, cy: row, r: 1.8 }, svg);
          }
        });
      });
    });
    place.replaceChildren(svg);
  }

  document.querySelectorAll("[data-winner]").forEach((place) => {
    drawArchitecture(data.winners[Number(place.dataset.winner)].architecture, place);
  });
  if (!data.panels.length) return;

  const FRAME = { left: 58, right: 628, top: 12, bottom: 372 };
  let panel = null;
  let chosen = null;

  function ticks(low, high) {
    const step = 10 ** Math.floor(Math.log10((high - low) / 4));
    const wide = [1, 2, 5, 10].map((factor) => factor * step).find((width) => (high - low) / width <= 6);
    const found = [];
    for (let value = Math.ceil(low / wide) * wide; value <= high; value += wide) found.push(value);
    return found;
  }

  function show(index) {
    const source = data.panels[index];
    const points = source.points.map(([x, y, values]) => ({ x, y, values }));
    const xs = points.map((point) => point.x).concat(source.budgets.map((budget) => budget.ms));
    const ys = points.map((point) => point.y);
    const range = (values) => {
      const low = Math.min(...values), high = Math.max(...values), room = (high - low || Math.abs(high) || 1) * 0.04;
      return [low - room, high + room];
    };
    const [left, right] = range(xs), [low, high] = range(ys);
    const x = (value) => FRAME.left + ((value - left) / (right - left)) * (FRAME.right - FRAME.left);
    const y = (value) => FRAME.bottom - ((value - low) / (high - low)) * (FRAME.bottom - FRAME.top);
    const front = [];
    for (const point of [...points].sort((a, b) => a.x - b.x || a.y - b.y)) {
      if (!front.length || point.y < front[front.length - 1].y) front.push(point);
    }
    panel = { source, points, front, x, y };
    const plot = byId("plot");
    plot.replaceChildren();
    for (const value of ticks(left, right)) {
      drawn("line", { class: "axis", x1: x(value), x2: x(value), y1: FRAME.top, y2: FRAME.bottom }, plot);
      drawn("text", { x: x(value), y: FRAME.bottom + 18, "text-anchor": "middle" }, plot, String(+value.toPrecision(6)));
    }
    for (const value of ticks(low, high)) {
      drawn("line", { class: "axis", x1: FRAME.left, x2: FRAME.right, y1: y(value), y2: y(value) }, plot);
      drawn("text", { x: FRAME.left - 8, y: y(value) + 4, "text-anchor": "end" }, plot, String(+value.toPrecision(6)));
    }
    drawn("text", { x: FRAME.right, y: 412, "text-anchor": "end" }, plot, "predicted latency (ms)");
    drawn("text", { x: 14, y: FRAME.top, transform: `rotate(-90 14 ${FRAME.top})`, "text-anchor": "end" }, plot,
      "validation loss (bits)");
    for (const point of points) {
      const circle = drawn("circle", { class: "point", cx: x(point.x), cy: y(point.y), r: 3 }, plot);
      circle.addEventListener("click", () => pick(point));
      circle.addEventListener("pointerenter", () => pick(point));
    }
    const corners = front.map((point, at) => (at ? `H${x(point.x)}V${y(point.y)}` : `M${x(point.x)} ${y(point.y)}`));
    drawn("path", { class: "frontier", d: `${corners.join("")}H${FRAME.right}` }, plot);
    source.budgets.forEach((budget, at) => {
      drawn("line", { class: "stated", x1: x(budget.ms), x2: x(budget.ms), y1: FRAME.top, y2: FRAME.bottom }, plot);
      const late = x(budget.ms) > FRAME.right - 60;
      const place = { x: x(budget.ms) + (late ? -4 : 4), y: FRAME.top + 12 + 15 * (at % 3) };
      drawn("text", { ...place, "text-anchor": late ? "end" : "start" }, plot, budget.text);
    });
    panel.limit = drawn("line", { class: "limit", y1: FRAME.top, y2: FRAME.bottom }, plot);
    panel.mark = drawn("circle", { class: "chosen", r: 6 }, plot);
    const slider = byId("budget");
    slider.min = front[0].x;
    slider.max = right;
    const thin = source.scored > points.length ? `; ${points.length} of them are drawn, the front whole` : "";
    byId("told").textContent = `${source.scored} SubTransformers were scored${thin}. ${front.length} lie on the front.`;
    const start = source.budgets.length ? source.budgets[Math.floor(source.budgets.length / 2)].ms : right;
    setBudget(Math.max(start, front[0].x));
  }

  function setBudget(limit) {
    byId("budget").value = limit;
    byId("limit").textContent = ms(limit);
    panel.limit.setAttribute("x1", panel.x(limit));
    panel.limit.setAttribute("x2", panel.x(limit));
    pick(panel.front.filter((point) => point.x <= limit + 1e-9).pop() || panel.front[0]);
  }

  function pick(point) {
    chosen = Object.fromEntries(data.fields.map((name, index) => [name, point.values[index]]));
    panel.mark.setAttribute("cx", panel.x(point.x));
    panel.mark.setAttribute("cy", panel.y(point.y));
    byId("picked-name").textContent = `${ms(point.x)}, loss ${point.y.toFixed(3)}`;
    byId("yaml").textContent = yaml(chosen);
    drawArchitecture(chosen, byId("picked-drawing"));
  }

  data.panels.forEach((source, index) => byId("panel").append(new Option(source.name, index)));
  byId("panel").addEventListener("change", (event) => show(Number(event.target.value)));
  byId("budget").addEventListener("input", (event) => setBudget(Number(event.target.value)));
  byId("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(yaml(chosen));
      byId("copy").textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(byId("yaml"));
    }
  });
  // #panel=1&budget=12.5 opens the page at a budget
  const asked = new URLSearchParams(location.hash.slice(1));
  byId("panel").value = Math.min(Number(asked.get("panel") || 0), data.panels.length - 1);
  show(Number(byId("panel").value));
  if (asked.has("budget")) setBudget(Number(asked.get("budget")));
})();
