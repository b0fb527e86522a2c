// "Why are these together?": what `facenet cluster --explain` says, in plain words and with faces.
import {get, picture} from "../api.js";
import {button, h, hush, say} from "../dom.js";
import {ask} from "../dialogs.js";
import {text} from "../text.js";

export async function showWhy(a, b) {
  let answer;
  say(text.loading);
  try {
    answer = await get(`explain?a=${a}&b=${b}`);
  } catch (refused) {
    say(text.failed(refused.message));
    return;
  }
  hush();
  const why = text.why;
  const lines = [answer.probability === null ? why.distance(answer.distance) : why.alike(answer.probability)];
  if (!answer.as_grouped) lines.push(why.since);
  for (const face of answer.unrecognisable_faces) lines.push(why.blurred(face));
  for (const said of answer.constraints) lines.push(why.said(said));
  if (answer.mean_distance !== null) lines.push(why.groups(...answer.face_counts));
  if (answer.terms) lines.push(why.likeness(answer.terms.likeness, answer.terms.likeness_needed));
  const bridges = answer.nearest.map((link) => h("div", {class: "row"}, link.faces.map((face) => picture(face, text.one.photoOf(face)))));
  await ask(answer.together ? why.heading : why.headingApart, (close) => [
    h("div", {class: "row"}, picture(a, text.one.photoOf(a)), picture(b, text.one.photoOf(b))),
    lines.map((line) => h("p", {}, line)),
    bridges.length > 0 ? [h("p", {}, why.bridges), ...bridges] : [],
    h("div", {class: "actions"}, button(text.close, () => close(), {main: true}))].flat());
}
