"use strict";
// Moves and zooms a drawing inside an SVG by wheel, mouse and fingers: screen = world * k + (x, y).
// bounds() gives [left, right, top, bottom] of the drawing, or null; drawn(k, whole) is told each scale, and that of the whole.
function movable(svg, world, bounds, drawn) {
  const MARGIN = 30, LARGEST = 2; // pixels around the whole; pixels of a unit: a few nodes are not blown up
  const CLICK = 4; // pixels that a click may travel
  const held = new Map(); // by id, where each finger or the mouse is held down
  let k = 1, x = 0, y = 0, whole = 1, isWhole = true, travelled = 0;

  function show(newK, newX, newY) {
    [k, x, y, isWhole] = [newK, newX, newY, false];
    world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
    drawn(k, whole);
  }
  function fit() {
    const box = bounds(), [width, height] = [svg.clientWidth, svg.clientHeight];
    if (!box || !width) return;
    const [left, right, top, bottom] = box;
    const room = (pixels, units) => Math.max(pixels - 2 * MARGIN, 1) / Math.max(units, 1);
    whole = Math.min(room(width, right - left), room(height, bottom - top), LARGEST);
    show(whole, (width - whole * (left + right)) / 2, (height - whole * (top + bottom)) / 2);
    isWhole = true;
  }
  function zoom(factor, atX = svg.clientWidth / 2, atY = svg.clientHeight / 2) {
    const next = Math.min(Math.max(k * factor, whole / 2), whole * 40), ratio = next / k;
    show(next, atX - (atX - x) * ratio, atY - (atY - y) * ratio);
  }
  const onScreen = ([worldX, worldY]) => [worldX * k + x, worldY * k + y];
  function reveal(place) { // brings it to the middle if it is out of sight
    const [atX, atY] = onScreen(place), [width, height] = [svg.clientWidth, svg.clientHeight];
    const isSeen = atX > 10 && atY > 10 && atX < width - 10 && atY < height - 10;
    if (!isSeen) show(k, x + width / 2 - atX, y + height / 2 - atY);
  }
  function offset(event) {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
  function move(event) {
    if (!held.has(event.pointerId)) return;
    const [oldX, oldY] = held.get(event.pointerId), [newX, newY] = offset(event);
    held.set(event.pointerId, [newX, newY]);
    travelled += Math.hypot(newX - oldX, newY - oldY);
    if (travelled < CLICK) return;
    if (!svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
    const other = [...held].filter(([id]) => id !== event.pointerId).map(([, place]) => place)[0];
    if (!other) return show(k, x + newX - oldX, y + newY - oldY);
    const apart = (toX, toY) => Math.max(Math.hypot(toX - other[0], toY - other[1]), 1);
    zoom(apart(newX, newY) / apart(oldX, oldY), (newX + other[0]) / 2, (newY + other[1]) / 2);
  }
  function wasDragged() { // asked at each click: whether it ended a dragging
    const far = travelled >= CLICK;
    travelled = 0;
    return far;
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...offset(event));
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    if (!held.size) travelled = 0;
    held.set(event.pointerId, offset(event));
  });
  svg.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    svg.addEventListener(end, (event) => held.delete(event.pointerId));
  }
  new ResizeObserver(() => isWhole && fit()).observe(svg);
  return { fit, zoom, reveal, onScreen, offset, wasDragged, isHeld: () => held.size > 0 };
}
