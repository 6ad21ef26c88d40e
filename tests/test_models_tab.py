"""The Models tab: everything from files, a sentence where one is missing, and nothing heavy before it is opened."""

import pytest
from playwright.sync_api import expect
from small_models import write_models

from digit_core import load_recognizer
from digit_core.networks import layers_of
from ui.models import NO_HISTORY, NO_MEASURES, ModelsHandlers, layer_table

FIRST_SCREEN = 1_000_000  # bytes over the wire


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    return folder


@pytest.fixture(scope="module")
def recognizer(models):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_MODEL_SOURCE", "bundled")
        return load_recognizer(models)


def test_the_first_table_has_size_accuracy_and_origin(recognizer, models):
    facts = ModelsHandlers(recognizer, models).facts()

    assert recognizer.origin in facts
    assert "| read right, % | 90.00 | 90.00 |\n| loss | 0.3000 | 0.3000 |" in facts
    assert "MNIST's test set" in facts


def test_layers_add_up_to_the_whole_network(recognizer):
    network = recognizer.ensemble.members["compact"].network

    table = layer_table(layers_of(network))

    assert f"**{network.count_params():,}** | **{4 * network.count_params():,}**" in table
    assert "| features | Activation | 7 × 7 × 64 | 0 | 0 |" in table


def test_missing_files_leave_sentences(recognizer, tmp_path):
    handlers = ModelsHandlers(recognizer, tmp_path)

    per_digit = handlers.accuracies()

    assert NO_MEASURES in handlers.facts()
    assert handlers.measured() == NO_MEASURES
    assert handlers.training().layout.annotations[0].text == NO_HISTORY
    assert per_digit.layout.annotations[0].text == NO_MEASURES
    assert all(NO_MEASURES in matrix.layout.annotations[0].text for matrix in handlers.mistakes())


def test_damaged_files_leave_sentences(recognizer, tmp_path):
    for name in ("compact", "ensemble"):
        (tmp_path / name).mkdir()
        for file in ("history.json", "metrics.json"):
            (tmp_path / name / file).write_text("no json")
    handlers = ModelsHandlers(recognizer, tmp_path)

    per_digit = handlers.accuracies()

    for sentence in (handlers.facts(), handlers.measured(), per_digit.layout.annotations[0].text):
        assert sentence.endswith("is damaged.")
    assert handlers.training().layout.annotations[0].text.endswith("is damaged.")


def test_plots_come_only_when_the_tab_is_opened(visit):
    page = visit()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("tab", name="Upload").click()
    page.wait_for_timeout(500)
    assert not any("Plotly" in url for url in asked)

    page.get_by_role("tab", name="Models").click()

    expect(page.locator("#models .js-plotly-plot")).to_have_count(7)
    assert any("Plotly" in url for url in asked)
    expect(page.locator("#models-facts")).to_contain_text("compact")
    expect(page.locator("#models-compact .bars path").first).to_be_visible()


def test_the_first_screen_is_light(visit):
    page = visit()
    page.wait_for_load_state("networkidle")

    sizes = page.evaluate(
        "performance.getEntries().filter((e) => 'transferSize' in e).map((e) => [e.name, e.transferSize])"
    )

    assert not any("Plotly" in name for name, _ in sizes)
    assert sum(size for _, size in sizes) < FIRST_SCREEN
