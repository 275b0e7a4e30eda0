// Plays the snapshots of a run: the epoch's minibatches, the loss, and the network. `data` is what
// `payload.py` returns. It is sent once, and nothing goes back: all of this happens in the browser.

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const PARTS = [["gain", "gain"], ["bias", "bias"], ["pre", "bias before LayerNorm"]];
const whole = value => value.toLocaleString("en-US");

function number(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : "infinite";
  const size = Math.abs(value);
  if (size && (size < 1e-3 || size >= 1e5)) return value.toExponential(1);
  return Number(value.toPrecision(3)).toLocaleString("en-US", {maximumFractionDigits: 6});
}

const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer;

function half(bits) {  // a float16
  const sign = bits & 0x8000 ? -1 : 1, power = bits >> 10 & 31, rest = bits & 1023;
  if (power === 31) return rest ? NaN : sign * Infinity;
  return sign * (power ? (1 + rest / 1024) * 2 ** (power - 15) : rest * 2 ** -24);
}

// Returns a row of numbers for each snapshot.
function rows(part) {
  if (!part) return null;
  const halves = new Uint16Array(bytes(part[0])), scales = new Float32Array(bytes(part[1]));
  const width = halves.length / scales.length;
  return Array.from(scales, (scale, r) =>
    Float32Array.from(halves.subarray(r * width, (r + 1) * width), bits => scale * half(bits)));
}

// Returns the run as the functions below read it.
function decoded(data) {
  const [params, gradients, activity, zeros] =
    [data.params, data.gradients, data.activity, data.zeros].map(rows);
  const fed = data.rows.flatMap(([count, size]) => Array(count).fill(size));
  const valLoss = Array.from(new Float32Array(bytes(data.val_loss)));
  return {...data, params, gradients, activity, zeros, fed, valLoss};
}

// Splits the numbers of all hidden units into each layer's.
function byLayer(run, numbers) {
  let place = 0;
  return run.widths.slice(1).map(count => numbers.subarray(place, place += count));
}

// Returns what each column of the network is for an example: its inputs, units, and prediction.
function forward(params, layers, [inner, outer, withBias], x) {
  const columns = [x];
  for (const {inputs, outputs, weight, bias, gain, pre} of layers) {
    const into = columns.at(-1), all = Array.from({length: outputs}, (_, o) => o);
    const sums = all.map(o =>
      into.reduce((sum, value, i) => sum + params[weight + o * inputs + i] * value, 0));
    if (gain === undefined) return [...columns, sums.map((sum, o) => sum + params[bias + o])];
    const shifted = sums.map((sum, o) => sum + (withBias && params[pre + o]));
    const mean = shifted.reduce((a, b) => a + b) / outputs;
    const variance = shifted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / outputs;
    const divisor = Math.sqrt(variance + inner) + outer;
    columns.push(all.map(o =>
      Math.max(0, params[gain + o] * (shifted[o] - mean) / divisor + params[bias + o])));
  }
}

// Returns what a snapshot is about.
function facts(run, r) {
  const update = run.updates[r], t = Math.max(update - 1, 0), place = t % run.epoch;
  const since = Array.from({length: update - (run.updates[r - 1] ?? 0)}, (_, back) => t - back);
  return {
    update, place, epoch: Math.floor(t / run.epoch) + 1, size: update ? run.fed[place] : 0,
    since: since.length, fed: since.filter(each => run.fed[each % run.epoch] > 0).length,
    isNaN: run.activity[r].some(Number.isNaN),
    isStill: run.params?.[r - 1]?.every((value, p) => Object.is(value, run.params[r][p])),
    dead: run.zeros[r].filter(share => share === 1).length,
  };
}

function sentence(run, r, {update, epoch, size, since, fed, isNaN, isStill, dead}) {
  const rows = since > 1 ? `last ${since} minibatches: ${fed === since ? "all" : fed} with rows`
    : `this minibatch: ${whole(size)} rows`;
  const minibatch = update ? `, epoch ${whole(epoch)}, ${rows}` : "";
  const still = isStill && !isNaN ? " Nothing moves." : "";
  const units = isNaN ? "The network is NaN." : `Dead units: ${dead || "none"}.`;
  return `Update ${whole(update)} of ${whole(run.steps)}${minibatch}.${still} `
    + `Val loss ${number(run.valLoss[r])}. ${units}`;
}

// ---- The parts of the picture. Each returns a function that draws snapshot r.

function add(parent, name, attributes = {}, text = "") {
  const element = document.createElementNS(parent.namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return parent.appendChild(element);
}

function blank(host, height) {
  const width = host.clientWidth || 360;
  host.innerHTML = `<svg viewBox="0 0 ${width} ${height}" role="img"></svg>`;
  return [host.firstChild, width];
}

function stripOf(host, run) {
  const cells = run.fed.slice(0, 64).map(() => document.createElement("i"));
  host.replaceChildren(...cells);
  return (r, {update, place}) => {
    const first = clamp(place - 32, 0, run.epoch - cells.length);
    cells.forEach((cell, c) => {
      cell.classList.toggle("fed", run.fed[first + c] > 0);
      cell.classList.toggle("current", update > 0 && first + c === place);
    });
  };
}

function curveOf(host, run, go) {
  const height = 190, [svg, width] = blank(host, height), right = width - 10;
  const isDrawn = loss => Number.isFinite(loss) && loss > 0, seen = run.valLoss.filter(isDrawn);
  const low = Math.log(Math.min(...seen)) - 0.1, high = Math.log(Math.max(...seen)) + 0.1;
  const x = update => 44 + (right - 44) * update / run.steps;
  const y = loss => 22 + (height - 46) * (high - Math.log(loss)) / (high - low);
  svg.ariaLabel = `Val loss against updates, from ${number(run.valLoss[0])} to `
    + `${number(run.valLoss.at(-1))}. A click goes to the nearest recorded update.`;
  add(svg, "text", {x: 0, y: 11}, "val loss, log scale");
  for (const tick of run.ticks) {
    add(svg, "line", {class: "grid", x1: 44, x2: right, y1: y(tick), y2: y(tick)});
    add(svg, "text", {x: 38, y: y(tick) + 4, "text-anchor": "end"}, number(tick));
  }
  add(svg, "text", {x: right, y: height - 6, "text-anchor": "end"}, `${whole(run.steps)} updates`);
  const path = run.valLoss.map((loss, r) => isDrawn(loss)
    ? `${isDrawn(run.valLoss[r - 1]) ? "L" : "M"}${x(run.updates[r])} ${y(loss)}` : "");
  add(svg, "path", {class: "loss", d: path.join("")});
  if (Number.isNaN(run.valLoss.at(-1))) {
    const start = x(run.updates[run.valLoss.findLastIndex(loss => !Number.isNaN(loss)) + 1]);
    add(svg, "rect", {class: "lost", x: start, y: 18, width: right - start, height: height - 42});
    add(svg, "text", {x: (start + right) / 2, y: height / 2, "text-anchor": "middle"}, "NaN");
  }
  const cursor = add(svg, "g"), dot = add(cursor, "circle", {r: 5});
  add(cursor, "line", {y1: 18, y2: height - 24});
  svg.onpointerdown = svg.onpointermove = event => {
    if (event.type === "pointermove" && !event.buttons) return;
    const update = (event.offsetX - 44) / (right - 44) * run.steps;
    const far = run.updates.map(each => Math.abs(each - update));
    go(far.indexOf(Math.min(...far)));
  };
  return r => {
    cursor.setAttribute("transform", `translate(${x(run.updates[r])})`);
    dot.setAttribute("cy", isDrawn(run.valLoss[r]) ? y(run.valLoss[r]) : -1000);
  };
}

// A network without parameters is too large for edges: its units are tiles, 16 below each other.
function networkOf(host, run, say) {
  const height = 330, [svg, width] = blank(host, height);
  const columns = [...run.widths, 1], last = columns.length - 1;
  const tallest = Math.min(Math.max(...columns), 16), radius = clamp(112 / tallest, 5, 13);
  const tall = radius * 0.5, across = (c, u) => (u >> 4) - (columns[c] - 1 >> 4) / 2;
  const middle = c => 20 + (width - 76) * c / last;
  const left = (c, u) => middle(c) + across(c, u) * 2.1 * radius;
  const top = (c, u) => 10 + (height - 34) * (u % 16 + 0.5) / Math.min(columns[c], 16);
  const [edges, hits, units] = ["edges", "hits", "units"].map(name => add(svg, "g", {class: name}));
  const lines = [], circles = [], bars = [];
  const named = (c, u) =>
    c === 0 ? run.inputs[u] : c === last ? run.target : `unit ${u + 1} of layer ${c}`;
  if (run.params) run.layers.forEach(({inputs, outputs, weight}, l) => {
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) {
      const ends = {x1: left(l, i), y1: top(l, i), x2: left(l + 1, o), y2: top(l + 1, o)};
      const place = weight + o * inputs + i, name = `${named(l, i)} to ${named(l + 1, o)}`;
      lines.push([add(edges, "line", ends), place]);
      add(hits, "line", ends).about = told => `Weight from ${name}: ${told(place)}.`;
    }
  });
  columns.forEach((count, c) => {
    const layer = run.params && run.layers[c - 1];
    const title = c === 0 ? "inputs" : c === last ? "output" : `layer ${c}`;
    add(svg, "text", {class: "title", x: middle(c), y: height - 2}, title);
    for (let u = 0; u < count; u++) {
      const [cx, cy, zero] = [left(c, u), top(c, u), left(c, u) + radius + 20];
      const circle = add(units, "circle", {cx, cy, r: radius});
      circles.push([circle, add(units, "text", {x: cx, y: cy + 4}), c, u]);
      circle.about = (told, now, zeros) => {
        const parts = [now[c] ? number(now[c][u]) : "no example is shown"];
        if (zeros[c - 1]) parts.push(`0 for ${number(100 * zeros[c - 1][u])}% of validation rows`);
        for (const [part, word] of PARTS)
          if (layer?.[part] >= 0) parts.push(`${word} ${told(layer[part] + u)}`);
        return `${named(c, u)}: ${parts.join(", ")}.`;
      };
      if (layer?.gain === undefined) continue;
      add(units, "rect", {x: zero - 17, y: cy - tall - 3, width: 34, height: 2 * tall + 6});
      for (const [name, y] of [["gain", cy - tall - 0.5], ["bias", cy + 0.5]]) {
        const bar = add(units, "rect", {class: name, y, width: 16, height: tall});
        bars.push([bar, layer[name] + u, zero]);
      }
      add(units, "line", {x1: zero, x2: zero, y1: cy - tall - 3, y2: cy + tall + 3});
    }
  });
  let about = null, tell = () => {};
  svg.onpointerover = svg.onpointerdown = event => { about = event.target.about || about; tell(); };
  return (r, {isStill}, now) => {
    const zeros = byLayer(run, run.zeros[r]), params = run.params?.[r], slopes = run.gradients?.[r];
    svg.classList.toggle("still", Boolean(isStill));
    for (const [line, place] of lines) {
      const value = params[place], size = clamp(Math.abs(value) / run.largest_weight, 0, 1) || 0;
      line.setAttribute("class", Number.isNaN(value) ? "nan" : value < 0 ? "minus" : "plus");
      line.setAttribute("stroke-width", 0.3 + 3.7 * size);
      line.setAttribute("stroke-opacity", 0.15 + 0.75 * size);
    }
    const most = now.map(column => Math.max(1e-9, ...Array.from(column || [], Math.abs)));
    for (const [circle, mark, c, u] of circles) {
      const value = now[c] ? now[c][u] : 0, isDead = zeros[c - 1]?.[u] === 1;
      circle.setAttribute("class", Number.isNaN(value) ? "nan" : isDead ? "dead" : "");
      const share = isDead ? 0 : Math.round(85 * Math.abs(value) / most[c]) || 0;
      const color = value < 0 ? "--minus" : "--plus";
      circle.style.fill = `color-mix(in srgb, var(${color}) ${share}%, var(--page))`;
      const label = c === 0 && run.inputs[u].length * 4 < radius ? run.inputs[u] : "";
      mark.textContent = Number.isNaN(value) ? "×" : label;
    }
    for (const [bar, place, zero] of bars) {
      const share = clamp(params[place] / run.largest_norm, -1, 1) || 0;
      bar.setAttribute("transform", `translate(${zero}) scale(${share} 1)`);
    }
    const dead = zeros.map((layer, l) =>
      layer.reduce((all, share, u) => share === 1 ? `${all} ${u + 1}` : all, `layer ${l + 1}:`));
    svg.ariaLabel = `The network ${columns.join("-")}. Dead units: ${dead.join(", ")}.`;
    tell = () => about && say(about(place =>
      number(params[place]) + (slopes ? ` (gradient ${number(slopes[place])})` : ""), now, zeros));
    tell();
  };
}

const players = new WeakMap();  // by the element drawn in: each run of the page calls again

export default function ({data, parentElement}) {
  const root = parentElement.querySelector(".player"), before = players.get(root);
  if (before?.id === data.id) return before.stop;
  before?.stop();
  const find = name => root.querySelector(`.${name}`);
  const run = decoded(data), end = run.updates.length - 1;
  const resized = new ResizeObserver(() => width === root.clientWidth || build());
  const [play, at, speed, row, scale] = ["play", "at", "speed", "row", "scale"].map(find);
  const starts = before?.goesOn() ?? !matchMedia("(prefers-reduced-motion: reduce)").matches;
  let r = starts ? 0 : Math.min(before?.at() ?? 0, end);
  let playing = false, due = 0, parts = [], width = 0;

  const say = text => { find("readout").textContent = text; };
  const go = to => {
    [playing, r] = [false, clamp(to, 0, end)];
    find("spoken").textContent = draw();
  };
  const own = value => number(value * run.unit + run.mean);
  const columnsOf = factor =>
    forward(run.params[r], run.layers, run.norm, run.x[row.value].map(value => value * factor));

  function build() {
    width = root.clientWidth;
    parts = [stripOf(find("strip"), run), curveOf(find("curve"), run, go),
      networkOf(find("network"), run, say)];
    draw();
  }

  function draw() {
    const told = facts(run, r), factor = 2 ** scale.value;
    const now = row.value ? columnsOf(factor) : [null, ...byLayer(run, run.activity[r]), null];
    for (const part of parts) part(r, told, now);
    at.value = r;
    play.textContent = playing ? "❚❚ Pause" : r === end ? "↺ Replay" : "▶ Play";
    find("predicted").textContent = row.value
      ? `Inputs × ${number(factor)}: ${run.target} ${own(now.at(-1)[0])}. As it is: `
        + `${own(columnsOf(1).at(-1)[0])}, true value ${own(run.y[row.value])}.` : "";
    return find("state").textContent = at.ariaValueText = sentence(run, r, told);
  }

  function start() {
    [playing, due, r] = [true, performance.now(), r === end ? 0 : r];
    draw();
    requestAnimationFrame(tick);
  }

  function tick(time) {
    if (!playing || !root.isConnected) return;
    const made = Math.floor((time - due) * speed.value / 1000);
    if (made > 0) {
      [due, r] = [due + made * 1000 / speed.value, Math.min(r + Math.min(made, 4), end)];
      playing = r < end;
      draw();
    }
    if (playing) requestAnimationFrame(tick); else go(r);
  }

  play.onclick = () => { if (playing) go(r); else start(); };
  find("back").onclick = () => go(r - 1);
  find("forward").onclick = () => go(r + 1);
  at.oninput = () => go(Number(at.value));
  const chosen = row.value, options = run.x.map((_, i) => new Option(`validation row ${i + 1}`, i));
  row.replaceChildren(row.firstElementChild, ...options);
  row.value = chosen;
  row.oninput = scale.oninput = () => { find("scaling").hidden = !row.value; draw(); };
  [at.max, find("example").hidden, find("scaling").hidden] = [end, !run.params, !row.value];
  find("legend").textContent = run.legend;
  const stop = () => { playing = false; resized.disconnect(); };
  players.set(root, {id: data.id, stop, goesOn: () => playing || r === end, at: () => r});
  build();
  resized.observe(root);
  if (starts) start();
  return stop;
}
