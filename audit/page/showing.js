// The form and what it says; the words are the program's own, in both languages.
const $ = (id) => document.getElementById(id);

function say(element, words, values = {}) {
  element.replaceChildren(...["id", "en"].map((lang) => {
    const span = document.createElement("span");
    span.lang = span.dataset.in = lang;
    span.textContent = words[lang].replace(/\{(\w+)\}/g, (_, name) =>
      values[name] && values[name][lang] ? values[name][lang] : values[name]);
    return span;
  }));
}

function show(verdict, detail, values, kind, reached) {
  $("result").className = kind;
  say($("verdict"), verdict, values);
  say($("detail"), detail, values);
  $("steps").replaceChildren(...(reached === null ? [] : STEPS.map((step, number) => {
    const item = document.createElement("li");
    const state = number < reached ? "YES" : number === reached ? "NO" : "NOT_REACHED";
    say(item, WORDS.STEP, { what: WORDS.STEPS[step], state: WORDS[state] });
    return item;
  })));
  $("limits").hidden = kind !== "good";
  $("result").hidden = false;
  $("result").focus();
}

async function check() {
  const partA = $("part-a").value;
  // A text that was copied by hand often lacks its last line feed.
  const whole = partA.endsWith("\n") ? partA : partA + "\n";
  try {
    const found = await checkReceipt(whole, $("part-b").value, $("vkey").value);
    show(WORDS.HOLDS, WORDS.WHERE, found, "good", STEPS.length);
  } catch (error) {
    if (error instanceof Fails) {
      const number = STEPS.indexOf(error.step);
      show(WORDS.FAILS, WORDS.WHY[error.step], { number: number + 1 }, "bad", number);
    } else {
      const what = error instanceof CannotRun ? error.message : "browser";
      show(WORDS.CANNOT, WORDS.CANNOT_WHY[what], {}, "bad", null);
    }
  }
}

function switchLanguage() {
  const root = document.documentElement;
  root.lang = root.lang === "id" ? "en" : "id";
  $("language").textContent = root.lang === "id" ? "English" : "Bahasa Indonesia";
  $("language").lang = root.lang === "id" ? "en" : "id";
  document.title = WORDS.TITLE[root.lang] + " \u2013 Izin";
}

$("language").addEventListener("click", switchLanguage);
$("form").addEventListener("submit", (event) => { event.preventDefault(); check(); });
$("form").addEventListener("reset", () => { $("result").hidden = true; });
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  if (file) $("part-a").value = await file.text();
});
