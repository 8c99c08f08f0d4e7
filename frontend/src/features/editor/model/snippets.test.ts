import { expect, it } from "vitest";
import { curl, fileNameFor, markdown, pictureElement, python } from "./snippets";

const REQUEST = {
  origin: "https://images.example.org",
  imageId: "0192",
  recipe: "w=800/f=webp",
  format: "webp",
  fileName: "it's.webp",
  isLater: false,
};

it("escapes what people wrote for HTML", () => {
  const sources = [
    { type: "image/avif", addresses: [{ width: 320, url: "/i/a/w=320/1.avif" }] },
    {
      type: "image/jpeg",
      addresses: [
        { width: 320, url: "/i/b/1.jpeg?a=1&b=2" },
        { width: 640, url: "/i/c/1.jpeg" },
      ],
    },
  ];
  const html = pictureElement({ sources, width: 640, height: 480, alt: `"><script>&`, sourceType: null });
  const parsed = new DOMParser().parseFromString(html, "text/html");
  expect(parsed.querySelector("script")).toBeNull();
  expect(parsed.querySelector("img")?.alt).toBe(`"><script>&`);
  expect(parsed.querySelector("img")?.getAttribute("src")).toBe("/i/c/1.jpeg");
  expect(parsed.querySelector("img")?.srcset).toBe("/i/b/1.jpeg?a=1&b=2 320w, /i/c/1.jpeg 640w");
  expect(parsed.querySelector("source")?.type).toBe("image/avif");
});

it("says nothing of what is to be seen where nobody has", () => {
  const parts = { sources: [], width: 1, height: 1, sourceType: "trainedAlgorithmicMedia" };
  expect(pictureElement({ ...parts, alt: undefined })).not.toContain("alt=");
  expect(pictureElement({ ...parts, alt: "" })).toContain('alt=""');
  expect(pictureElement({ ...parts, alt: "" })).toContain('data-digital-source-type="trainedAlgorithmicMedia"');
});

it("escapes Markdown's marks", () => {
  expect(markdown("https://x/1", "A ](b) *c*\n\n_d_")).toBe("![A \\]\\(b\\) \\*c\\* \\_d\\_](https://x/1)");
});

it("quotes for the shell", () => {
  expect(curl(REQUEST)).toBe(
    [
      "curl --fail-with-body -X POST 'https://images.example.org/api/v1/images/0192/transform'",
      `-H "Authorization: Bearer $AIZEN_KEY"`,
      "-H 'Content-Type: application/json'",
      "-H 'Accept: image/webp'",
      `-d '{"recipe":"w=800/f=webp"}'`,
      `--output 'it'\\''s.webp'`,
    ].join(" \\\n  "),
  );
});

it("writes Python that keeps the picture, or prints the job of one that takes longer", () => {
  expect(python({ ...REQUEST, fileName: 'a"b\\c.webp' })).toContain('Path("a\\"b\\\\c.webp").write_bytes');
  const later = python({ ...REQUEST, isLater: true });
  expect(later).toContain("print(json.load(answer))");
  expect(later).not.toContain("Accept");
});

it("names files so that they need no quotes", () => {
  expect(fileNameFor("Été à Paris (1).JPG", "webp")).toBe("ete-a-paris-1-edited.webp");
  expect(fileNameFor("夕焼け", "avif")).toBe("picture-edited.avif");
});
