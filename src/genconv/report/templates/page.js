(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const charts = [...document.querySelectorAll(".curves")];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const theme = () => {
    const axis = { gridcolor: colour("--rule"), linecolor: colour("--quiet") };
    const label = { bgcolor: colour("--paper"), bordercolor: colour("--quiet"), font: { color: colour("--ink") } };
    const font = { color: colour("--ink"), size: 13, family: getComputedStyle(document.body).fontFamily };
    const clear = "rgba(0,0,0,0)";
    return { axis, layout: { font, hoverlabel: label, paper_bgcolor: clear, plot_bgcolor: clear } };
  };

  const draw = (chart) => {
    const figure = JSON.parse(document.getElementById(chart.dataset.figure).textContent);
    const { axis, layout } = theme();
    const whole = { ...figure.layout, ...layout };
    whole.xaxis = { ...figure.layout.xaxis, ...axis };
    whole.yaxis = { ...figure.layout.yaxis, ...axis };
    Plotly.newPlot(chart, figure.data, whole, { responsive: true, displayModeBar: false });
    const choices = [...document.querySelectorAll(`[data-chart="${chart.id}"]`)];
    choices.forEach((choice) => choice.addEventListener("click", () => {
      const type = choice.dataset.axis;
      choices.forEach((other) => other.setAttribute("aria-pressed", String(other === choice)));
      Plotly.relayout(chart, { "yaxis.type": type, "yaxis.range": [...figure.ranges[type]] });
    }));
  };

  charts.forEach(draw);
  dark.addEventListener("change", () => charts.forEach((chart) => {
    const { axis, layout } = theme();
    const change = { ...layout };
    for (const name of ["xaxis", "yaxis"]) for (const key in axis) change[`${name}.${key}`] = axis[key];
    Plotly.relayout(chart, change);
  }));
})();
