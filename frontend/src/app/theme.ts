import { Select, TagsInput, createTheme, type MantineColorsTuple } from "@mantine/core";

/** The blues of cloth dyed with indigo (藍染, aizome), which the project is named after. */
const indigo: MantineColorsTuple = [
  "#eef3fc",
  "#dbe4f5",
  "#b3c6ea",
  "#89a6df",
  "#668bd6",
  "#507ad1",
  "#4471cf",
  "#3461b8",
  "#2a55a4",
  "#1c4891",
];

/** Mantine's, but for the last three: white on its seventh shade is below 4.5:1. */
const red: MantineColorsTuple = [
  "#fff5f5",
  "#ffe3e3",
  "#ffc9c9",
  "#ffa8a8",
  "#ff8787",
  "#ff6b6b",
  "#fa5252",
  "#dd2f2f",
  "#d12b2b",
  "#c22727",
];

export const theme = createTheme({
  colors: { indigo, red },
  primaryColor: "indigo",
  // Dark enough for text of either colour on them (WCAG 2.2, 4.5:1).
  primaryShade: { light: 7, dark: 8 },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: "650" },
  respectReducedMotion: true,
  components: {
    // Named by themselves, they stand in the entry with all that opens below a field: nearly every screen needs that.
    Select: Select.extend({ defaultProps: { comboboxProps: { shadow: "md" } } }),
    TagsInput: TagsInput.extend({ defaultProps: { comboboxProps: { shadow: "md" } } }),
    Badge: { defaultProps: { tt: "none", fw: 600 } },
    Modal: { defaultProps: { centered: true } },
    // Their <header> would be a second banner of the page.
    ModalHeader: { defaultProps: { role: "presentation" } },
    DrawerHeader: { defaultProps: { role: "presentation" } },
    // In the landmark of its button, and with no children but its items: the focus begins at the first of them.
    Menu: { defaultProps: { withinPortal: false, withInitialFocusPlaceholder: false } },
    ModalCloseButton: { defaultProps: { "aria-label": "Close" } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
  },
});
