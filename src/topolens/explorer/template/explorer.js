"use strict";
// Draws what explorer.py embedded in the page. Text from the data goes into the page as text only, never as HTML.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("data");
  const $ = (id) => document.getElementById(id);
  const svg = $("graph");
  const WORLD = 1000; // units across the unit square of the layout
  const RADIUS = 10; // of the largest node, in units of --node
  const REACH = 14; // pixels from a node that still hit it: fingers are wide
  const LEAST = matchMedia("(pointer: coarse)").matches ? 12 : 6; // pixels of the radius of the largest node, at least
  const SHOWN = 4; // pictures of each arm
  const narrow = matchMedia("(max-width: 800px)");
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  let pictures = null; // read when the first one is shown, after the graph is on screen
  let layer, number, links, step; // the layer, its number, by node its [neighbour, jaccard], length of a typical edge
  let elements = [], lines = []; // by node and by edge
  let selected = null, preview = null, found = null, hot = 0; // nodes, a fork or loop, the node that Tab enters

  // ---- elements ----
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }
  function draw(tag, attributes, parent) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  }
  const coloured = (element, background) => (element.style.background = background, element);
  const percent = (share) => `${Math.round(100 * share)} %`;
  const fixed = (value, digits = 2) => value === null ? "–" : value.toFixed(digits);
  const pValue = (value) => value === null ? "not tested" : `p = ${+value.toPrecision(2)}`;
  const purity = (one) => one.purity === null ? "–" : percent(one.purity);
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const isFork = (one) => one !== null && "node" in one;
  const place = (node) => [node.x * WORLD, node.y * WORLD];

  // ---- colours ----
  function range(key) {
    const values = layer.nodes.map((node) => node[key]);
    return key === "purity" ? [0, 1] : [Math.min(...values), Math.max(...values)];
  }
  function shade(value, [low, high]) {
    const at = (high > low ? (value - low) / (high - low) : 0.5) * (data.shades.length - 1);
    const step = Math.min(Math.floor(at), data.shades.length - 2);
    const part = (colour, byte) => parseInt(colour.slice(1 + 2 * byte, 3 + 2 * byte), 16);
    const mixed = [0, 1, 2].map((byte) =>
      part(data.shades[step], byte) * (step + 1 - at) + part(data.shades[step + 1], byte) * (at - step));
    return `rgb(${mixed.map(Math.round).join(",")})`;
  }
  function slices(counts) { // [colour, share], classes of one colour as one slice
    const shares = new Map();
    counts.forEach((count, k) => {
      const colour = data.classes[k].colour;
      if (count) shares.set(colour, (shares.get(colour) || 0) + count / sum(counts));
    });
    return [...shares];
  }

  // ---- the graph ----
  function drawGraph() {
    for (const id of ["edges", "nodes", "marks"]) $(id).replaceChildren();
    const lengths = [];
    lines = layer.edges.map(([a, b, weight]) => {
      const [x1, y1] = place(layer.nodes[a]), [x2, y2] = place(layer.nodes[b]);
      lengths.push(Math.hypot(x1 - x2, y1 - y2));
      return draw("line", { x1, y1, x2, y2, "stroke-width": 0.7 + 3.5 * weight, "stroke-opacity": 0.45 + 0.5 * weight }, $("edges"));
    });
    step = lengths.sort((a, b) => a - b)[lengths.length >> 1] ?? 0; // the median
    elements = layer.nodes.map((node, i) => {
      const most = data.classes[node.counts.indexOf(Math.max(...node.counts))].name;
      const label = `Node ${i}: ${plural(node.size, "point")}, ${percent(node.purity)} ${most}`;
      const group = draw("g", { class: "node", role: "button", tabindex: i === hot ? 0 : -1, "aria-label": label,
        "data-node": i, transform: `translate(${place(node).join(" ")})` }, $("nodes"));
      draw("title", {}, group).textContent = label;
      draw("g", { class: "pie" }, group);
      return group;
    });
    drawPies();
    view.fit();
  }
  function drawPies() {
    const key = $("colour").value, largest = Math.max(...layer.nodes.map((node) => node.size));
    const limits = key === "class" ? null : range(key);
    layer.nodes.forEach((node, i) => {
      const pie = elements[i].querySelector(".pie"), r = RADIUS * Math.sqrt(Math.max(node.size / largest, 0.25));
      pie.replaceChildren();
      draw("circle", { class: "ring", r }, pie);
      const parts = limits ? [[shade(node[key], limits), 1]] : slices(node.counts);
      if (parts.length === 1) draw("circle", { r, fill: parts[0][0] }, pie);
      else parts.reduce((start, [fill, share]) => {
        const point = (turn) => [r * Math.sin(2 * Math.PI * turn), -r * Math.cos(2 * Math.PI * turn)].map((v) => v.toFixed(3)).join(" ");
        draw("path", { fill, d: `M0 0L${point(start)}A${r} ${r} 0 ${share > 0.5 ? 1 : 0} 1 ${point(start + share)}Z` }, pie);
        return start + share;
      }, 0);
    });
    drawLegend(key, limits);
  }
  function drawLegend(key, limits) {
    const legend = $("legend");
    if (limits) {
      const bar = coloured(make("span", { className: "scale" }), `linear-gradient(to right, ${data.shades.join(", ")})`);
      const ends = layer.nodes.length ? limits.map((value) => key === "purity" ? percent(value) : fixed(value)) : ["", ""];
      const words = key === "purity" ? "share of the most frequent class" : "mean norm";
      legend.replaceChildren(...[words, ends[0], bar, ends[1]].map((part) => make("span", {}, part)));
    } else {
      legend.replaceChildren(...data.classes.map((one) =>
        make("span", {}, coloured(make("span", { className: "swatch" }), one.colour), one.name)));
    }
  }
  function bounds() {
    if (!layer.nodes.length) return null;
    const [xs, ys] = [0, 1].map((axis) => layer.nodes.map((node) => place(node)[axis]));
    return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  }
  function scaled(k, whole) { // nodes grow more slowly than what parts them
    const unit = Math.min(Math.max(0.6 * step * whole, LEAST), 24) / RADIUS;
    svg.style.setProperty("--node", (unit * Math.sqrt(k / whole)) / k);
    svg.style.setProperty("--text", 1 / k);
  }

  const view = movable(svg, $("world"), bounds, scaled);
  const zoomBy = (factor) => factor ? view.zoom(factor) : view.fit();

  // ---- what is dimmed, marked and said ----
  function update() {
    const wanted = $("filter").value, share = $("share").value / 100;
    const marked = found && new Set([found.node, ...found.parts.flatMap((part) => part.nodes)]);
    const kept = layer.nodes.map((node) => wanted === "" || node.counts[wanted] >= share * node.size - 1e-9);
    const dim = kept.map((keep, i) => !keep || (marked && !marked.has(i)));
    elements.forEach((element, i) => {
      element.classList.toggle("dim", dim[i]);
      element.classList.toggle("marked", isFork(found) && found.node === i);
      element.classList.toggle("selected", selected === i);
      element.setAttribute("aria-pressed", selected === i);
    });
    lines.forEach((line, e) => {
      const [a, b] = layer.edges[e];
      line.classList.toggle("dim", dim[a] || dim[b]);
      line.classList.toggle("marked", Boolean(marked?.has(a) && marked.has(b)));
    });
    for (const button of $("structures").querySelectorAll("button")) button.setAttribute("aria-pressed", button.found === found);
    $("share-value").textContent = percent(share);
    $("share-label").hidden = wanted === "";
    $("filter-result").textContent = wanted === "" ? "" : sum(layer.nodes.map((node) => node.counts[wanted]))
      ? `${sum(kept.map(Number))} of ${plural(layer.nodes.length, "node")}` : "no point of this class lies in a node";
    drawMarks();
    describe();
  }
  function drawMarks() { // the arms' numbers, beyond their outermost nodes as seen from the fork
    $("marks").replaceChildren();
    if (!isFork(found)) return;
    const [x, y] = place(layer.nodes[found.node]);
    found.parts.forEach((part, arm) => {
      const [endX, endY] = place(layer.nodes[part.nodes.at(-1)]), away = 24 / (Math.hypot(endX - x, endY - y) || 1);
      const group = draw("g", { transform: `translate(${endX} ${endY})` }, $("marks"));
      draw("text", { x: (endX - x) * away, y: (endY - y) * away }, group).textContent = `arm ${arm + 1}`;
    });
  }
  function describe() {
    if (preview !== null || selected !== null) describeNode(preview ?? selected);
    else if (found) describeFound();
    else describeLayer();
  }
  function say(title, ...children) {
    $("panel-title").textContent = title;
    $("panel-body").replaceChildren(...children.flat());
  }
  const terms = (pairs) => make("dl", {}, ...pairs.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
  const nodeLinks = (pairs) => make("div", { className: "links" }, ...pairs.map(([i, words]) =>
    make("button", { type: "button", onclick: () => select(i, true) }, words)));
  function bars(counts) {
    const total = sum(counts), order = counts.map((_, k) => k).filter((k) => counts[k]).sort((a, b) => counts[b] - counts[a]);
    return make("div", { className: "bars" }, ...order.flatMap((k) => {
      const bar = coloured(make("div", { className: "bar" }), data.classes[k].colour);
      bar.style.width = `${(100 * counts[k]) / total}%`;
      const { name } = data.classes[k];
      return [make("span", { title: name }, name), bar, make("span", {}, `${percent(counts[k] / total)} · ${counts[k]}`)];
    }));
  }
  const heading = (words) => make("h3", {}, words);
  function describeNode(i) {
    const node = layer.nodes[i];
    pictures ??= read("pictures");
    const feature = pictures.features[number];
    say(`Node ${i}`,
      terms([["Points", node.size], ["Mean norm", fixed(node.mean_norm)], ["Interval", node.interval],
        ["Purity", percent(node.purity)], ["Entropy", `${fixed(node.entropy)} bits`]]),
      feature && node.feature !== null ? [heading("Feature picture"),
        make("figure", { className: "feature" }, picture(feature, node.feature, `Feature picture of node ${i}`))] : [],
      heading("Example images"),
      make("div", { className: "examples" }, ...node.examples.map(([tile, k]) => make("figure", {},
        picture(pictures.images, tile, `Example image of class ${data.classes[k].name}`), make("figcaption", {}, data.classes[k].name)))),
      heading("Classes"), bars(node.counts),
      heading("Neighbours, with the share of points in common"),
      links[i].length ? nodeLinks(links[i].map(([other, weight]) => [other, `${other} (${percent(weight)})`])) : make("p", {}, "None."));
  }
  function describeFound() {
    const scores = [["Entropy", `${fixed(found.entropy)} bits`],
      [`Purity${isFork(found) ? " of the arms" : ""}`, purity(found)], ["Permuted labels", pValue(found.p_value)]];
    const parts = found.parts.map((part, arm) => [
      heading(`${isFork(found) ? `Arm ${arm + 1}: ` : ""}${plural(sum(part.counts), "point")}, nodes`),
      nodeLinks(part.nodes.map((i) => [i, `${i}`])), picturesOf(part.nodes), bars(part.counts)]);
    if (!isFork(found)) return say(`Loop of ${plural(found.parts[0].nodes.length, "node")}`, terms(scores), ...parts);
    scores.splice(1, 0, ["Entropy of the arms", `${fixed(found.arm_entropy)} bits`]);
    say(`Fork at node ${found.node}`, terms(scores), heading("Branching node"), nodeLinks([[found.node, `${found.node}`]]), ...parts);
  }
  function picturesOf(nodes) { // feature pictures where nodes have some, and images of the outermost node
    pictures ??= read("pictures");
    const feature = pictures.features[number];
    const painted = feature ? nodes.filter((i) => layer.nodes[i].feature !== null).slice(-SHOWN) : [];
    const figure = (image, words) => make("figure", {}, image, make("figcaption", {}, words));
    return make("div", { className: "examples" },
      ...painted.map((i) => figure(picture(feature, layer.nodes[i].feature, `Feature picture of node ${i}`), `node ${i} answers to`)),
      ...layer.nodes[nodes.at(-1)].examples.slice(0, SHOWN).map(([tile, k]) =>
        figure(picture(pictures.images, tile, `Example image of class ${data.classes[k].name}`), data.classes[k].name)));
  }
  function describeLayer() {
    const missing = data.classes.filter((_, k) => !layer.nodes.some((node) => node.counts[k])).map((one) => one.name);
    say(`Layer ${layer.name}`,
      terms([["Nodes", layer.nodes.length], ["Edges", layer.edges.length], ["Forks", layer.forks.length], ["Loops", layer.loops.length],
        ["Points in nodes", `${layer.covered} of ${layer.points}`]]),
      layer.nodes.length && missing.length ? make("p", {}, `In no node: ${missing.join(", ")}.`) : [],
      layer.nodes.length ? make("p", { className: "quiet" }, "Select a node, a fork or a loop to see what it holds.") : []);
  }
  function listFound() {
    const button = (one, words) => Object.assign(
      make("button", { type: "button", onclick: () => chooseAndShow(null, found === one ? null : one) }, words), { found: one });
    const list = (title, all, words) => [make("h2", {}, `${title} (${all.length})`), all.length
      ? make("div", { className: "found" }, ...all.map((one) => button(one, words(one))))
      : make("p", { className: "quiet" }, "None.")];
    $("structures").replaceChildren(
      ...list("Forks", layer.forks, (one) => `Node ${one.node}, ${plural(one.parts.length, "arm")}: entropy ${fixed(one.entropy)} → ` +
        `${fixed(one.arm_entropy)} bits in the arms, purity ${purity(one)}, ${pValue(one.p_value)}`),
      ...list("Loops", layer.loops, (one) => `${plural(one.parts[0].nodes.length, "node")}: entropy ${fixed(one.entropy)} bits, purity ` +
        `${purity(one)}, ${pValue(one.p_value)}`),
      make("p", { className: "quiet" }, "p-values are not adjusted for the number of forks or loops."));
  }

  // ---- pictures, cut from their sheets ----
  const sheets = new Map(); // by data URI
  function sheet(uri) {
    if (!sheets.has(uri)) sheets.set(uri, make("img", { src: uri }));
    const image = sheets.get(uri);
    return image.decode().then(() => image);
  }
  function picture(from, index, alt) {
    const image = make("img", { alt, width: from.width, height: from.height });
    const at = index % from.capacity;
    sheet(from.sheets[Math.floor(index / from.capacity)]).then((loaded) => {
      const canvas = make("canvas", { width: from.width, height: from.height });
      canvas.getContext("2d").drawImage(loaded, -(at % from.columns) * from.cell[0], -Math.floor(at / from.columns) * from.cell[1]);
      image.src = canvas.toDataURL();
    });
    return image;
  }

  // ---- what the user does ----
  function choose(i, one) {
    [selected, found, preview] = [i, one, null];
    update();
  }
  function chooseAndShow(i, one) { // where the panel lies below the graph, a tap brings it into sight
    choose(i, one);
    if (narrow.matches && (i !== null || one)) $("panel").scrollIntoView({ block: "nearest" });
  }
  const clear = () => choose(null, null);
  function select(i, byPanel = false) {
    enterAt(i);
    chooseAndShow(i, found);
    view.reveal(place(layer.nodes[i]));
    if (byPanel) $("panel-title").focus({ preventScroll: true });
  }
  function enterAt(i) {
    elements[hot].setAttribute("tabindex", -1);
    elements[hot = i].setAttribute("tabindex", 0);
  }
  function go([dx, dy]) { // to the neighbour that lies most in this direction, else to the nearest node there
    const [x, y] = place(layer.nodes[hot]);
    const ahead = (nodes) => nodes.map((i) => {
      const [across, down] = [place(layer.nodes[i])[0] - x, place(layer.nodes[i])[1] - y], length = Math.hypot(across, down) || 1;
      return { i, length, cosine: (across * dx + down * dy) / length };
    }).filter((to) => to.cosine > 0.5);
    const to = ahead(links[hot].map(([i]) => i)).sort((a, b) => b.cosine - a.cosine)[0]
      ?? ahead([...layer.nodes.keys()]).sort((a, b) => a.length - b.length)[0];
    if (!to) return;
    enterAt(to.i);
    view.reveal(place(layer.nodes[to.i]));
    elements[to.i].focus({ preventScroll: true });
  }
  function keys(event) {
    if (event.key === "Escape") return clear();
    if (!svg.contains(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const factor = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 }[event.key];
    if (ARROWS[event.key]) go(ARROWS[event.key]);
    else if (event.key === "Enter" || event.key === " ") select(hot);
    else if (factor !== undefined) zoomBy(factor);
    else return;
    event.preventDefault();
  }
  function click(event) {
    if (view.wasDragged()) return;
    const [x, y] = view.offset(event), direct = event.target.closest(".node");
    const far = layer.nodes.map((node) => view.onScreen(place(node))).map(([nodeX, nodeY]) => Math.hypot(nodeX - x, nodeY - y));
    const nearest = Math.min(...far);
    if (direct) select(+direct.dataset.node);
    else if (nearest < REACH) select(far.indexOf(nearest));
    else clear();
  }
  function listen() {
    svg.addEventListener("click", click);
    const look = (node) => {
      const next = node ? +node.dataset.node : null;
      if (next === preview) return;
      preview = next;
      describe();
    };
    svg.addEventListener("pointerover", (event) => event.pointerType === "mouse" && !view.isHeld() && look(event.target.closest(".node")));
    svg.addEventListener("pointerleave", () => look(null));
    svg.addEventListener("focusin", (event) => {
      if (!event.target.matches(".node")) return;
      enterAt(+event.target.dataset.node);
      if (event.target.matches(":focus-visible")) look(event.target);
    });
    document.addEventListener("keydown", keys);
    for (const button of $("zoom").children) button.addEventListener("click", () => zoomBy(+button.dataset.zoom));
    $("layer").addEventListener("change", () => open(+$("layer").value));
    $("position").addEventListener("change", () => open(+$("position").value));
    $("colour").addEventListener("change", drawPies);
    $("filter").addEventListener("change", update);
    $("share").addEventListener("input", update);
    $("controls").addEventListener("submit", (event) => event.preventDefault());
  }
  function drawsOf(name) { // the numbers of the graphs of a layer, one for each random position that was drawn
    return data.layers.flatMap((one, i) => one.name === name ? [i] : []);
  }
  function open(which) {
    layer = data.layers[number = which];
    const [first, ...others] = drawsOf(layer.name);
    $("layer").value = first;
    $("position").replaceChildren(...[first, ...others].map((i) => make("option", { value: i }, data.layers[i].position)));
    $("position").value = which;
    $("position-label").hidden = !others.length;
    links = layer.nodes.map(() => []);
    for (const [a, b, weight] of layer.edges) {
      links[a].push([b, weight]);
      links[b].push([a, weight]);
    }
    hot = 0;
    $("empty").hidden = layer.nodes.length > 0;
    $("empty").textContent = "DBSCAN found only noise in this layer: " +
      `none of its ${plural(layer.points, "point")} lies in a node, so there is no graph.`;
    $("zoom").hidden = !layer.nodes.length;
    drawGraph();
    listFound();
    clear();
  }

  function openTelling() { // at the fork that tells most: the first of its layer
    open(data.telling ?? 0);
    if (data.telling === null) return;
    choose(null, layer.forks[0]);
  }

  const names = [...new Set(data.layers.map((one) => one.name))];
  $("layer").append(...names.map((name) => make("option", { value: drawsOf(name)[0] }, name)));
  $("layer-label").hidden = names.length < 2;
  $("filter").append(make("option", { value: "" }, "all classes"), ...data.classes.map((one, k) => make("option", { value: k }, one.name)));
  $("notes").append(...data.notes.map((words) => make("p", {}, words)));
  const pages = Object.entries(data.links).map(([words, href]) => make("a", { href }, words));
  if (pages.length) $("notes").append(make("p", {}, ...pages.flatMap((link, i) => i ? [" · ", link] : [link])));
  listen();
  openTelling();
})();
