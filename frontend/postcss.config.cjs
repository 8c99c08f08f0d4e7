// Mantine's light-dark(), rem() and hover mixins in the CSS modules.
module.exports = { plugins: { "postcss-preset-mantine": {} } };
