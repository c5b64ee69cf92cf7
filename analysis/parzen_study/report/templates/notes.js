// Shows below a figure what a mark says that is pointed at or has the focus. Without this script the
// browser shows it as a tooltip, and the table of boundaries has it.
{
  for (const figure of document.querySelectorAll("figure")) {
    const said = figure.querySelector(".said");
    for (const mark of said ? figure.querySelectorAll("[data-note]") : []) {
      for (const event of ["focus", "pointerenter"]) {
        mark.addEventListener(event, () => {
          said.textContent = mark.dataset.note;
          said.hidden = false;
        });
      }
    }
  }
}
