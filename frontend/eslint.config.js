import { readdirSync } from "node:fs";
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("src/features", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const upwards = (group, message) => ({ group, message });
const fromApp = upwards(["~/app/*", "**/app/*"], "Only app/ joins the parts; nothing imports it.");
const fromFeatures = upwards(["~/features/*", "**/features/*"], "This is used by features, and knows none of them.");
const fromComponents = upwards(["~/components/*", "**/components/*"], "lib/ holds no components.");
const restricted = (...patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

export default tseslint.config(
  { ignores: ["src/client", "node_modules", "dist"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["**/*.{ts,tsx}"] })),
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      "@typescript-eslint/only-throw-error": ["error", { allow: [{ from: "lib", name: "Response" }] }],
      "@typescript-eslint/consistent-type-assertions": [
        "error",
        { assertionStyle: "as", objectLiteralTypeAssertions: "never" },
      ],
    },
  },
  { files: ["src/**/*.{ts,tsx}"], ...jsxA11y.flatConfigs.recommended },
  { files: ["src/**/*.{ts,tsx}"], ...reactHooks.configs.flat.recommended },
  // Who may import whom: app, then features, then components, then lib, then the client; no feature another one.
  { files: ["src/lib/**"], rules: restricted(fromApp, fromFeatures, fromComponents) },
  { files: ["src/components/**"], rules: restricted(fromApp, fromFeatures) },
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**`],
    ignores: ["**/*.test.*"],
    rules: restricted(
      fromApp,
      upwards(
        features.filter((other) => other !== feature).map((other) => `~/features/${other}/*`),
        "Features do not import each other: what two need belongs to components/ or lib/.",
      ),
    ),
  })),
  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: { module: "writable", console: "readonly", process: "readonly", URL: "readonly" } },
  },
);
