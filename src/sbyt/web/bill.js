// What the figures in the windows mean, while they are typed. Without it the page works as well.
for (const dial of document.querySelectorAll(".dial")) {
  const [whole, rest] = dial.querySelectorAll("input");
  const use = dial.parentElement.querySelector(".use");
  const point = dial.closest("form").dataset.point;
  const decimals = rest ? rest.maxLength : 0;
  const drums = whole.previousElementSibling.children;

  const written = (units) => {
    const figures = String(units).padStart(decimals + 1, "0");
    const fraction = decimals ? figures.slice(-decimals).replace(/0+$/, "") : "";
    return figures.slice(0, figures.length - decimals) + (fraction && point + fraction);
  };
  const show = () => {
    const empty = drums.length - whole.value.length;
    [...drums].forEach((drum, at) => { drum.textContent = whole.value && at < empty ? "0" : ""; });
    const { last, used, less } = dial.dataset;
    const units = Number(whole.value + (rest ? rest.value.padEnd(decimals, "0") : ""));
    const tells = whole.value && last !== "";
    use.classList.toggle("less", Boolean(tells) && units < Number(last));
    use.textContent = !tells ? "" : units < Number(last) ? less : used.replace("{used}", written(units - Number(last)));
  };
  whole.addEventListener("beforeinput", (event) => {
    if (rest && /^[.,]$/.test(event.data || "")) { event.preventDefault(); rest.focus(); }
  });
  for (const input of rest ? [whole, rest] : [whole]) {
    input.addEventListener("input", () => {
      const figures = input.value.replace(/\D/g, "");
      if (figures !== input.value) input.value = figures;
      show();
    });
  }
  show();
}
