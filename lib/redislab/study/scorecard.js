// The scorecard, and the picture of it: the browser draws the page that is downloaded into an SVG, that into a canvas.

const WIDTH = 884; // px
const SHARP = 2; // pixels of the picture for one of the page

// The page, laid out in a frame of its own, where no style of the notebook reaches it.
async function laidOut(html, theme) {
  const frame = Object.assign(create("iframe"), { srcdoc: html, width: WIDTH, tabIndex: -1 });
  Object.assign(frame.style, { position: "fixed", left: "-9999px", border: "0" });
  await new Promise((resolve) => {
    frame.onload = resolve;
    document.body.append(frame);
  });
  const page = frame.contentDocument;
  page.querySelector("main").dataset.theme = theme;
  page.querySelector("main").style.minHeight = 0;
  const { height } = page.querySelector("main").getBoundingClientRect();
  const parts = [page.querySelector("style"), page.querySelector("main")].map((each) => new XMLSerializer().serializeToString(each));
  frame.remove();
  return { height: Math.ceil(height), html: parts.join("") };
}

async function picture(html, theme) {
  const page = await laidOut(html, theme);
  const size = `width="${WIDTH}" height="${page.height}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><foreignObject ${size}>${page.html}</foreignObject></svg>`;
  const image = Object.assign(new Image(), { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}` });
  await image.decode();
  const canvas = Object.assign(create("canvas"), { width: SHARP * WIDTH, height: SHARP * page.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export default widget(() => ({
  initialize({ model }) {
    model.on("msg:custom", async ({ name, html }) => {
      const theme = document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
      try {
        save(await picture(html, theme), name);
      } catch (error) {
        tell(model, { failed: String(error) });
      }
    });
  },

  render({ model, el, signal }) {
    el.classList.add("rl-page");
    follow(model, "html", signal, (html) => (el.innerHTML = html));
  },
}));
