// The first screens: headline, winners, trade-offs, the chosen networks.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/axis.hpp"
#include "report/figures.hpp"
#include "report/html.hpp"
#include "report/judgement.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace apq::report {
namespace {

std::string limit_text(Inputs const& inputs, study::VerifiedWinner const& w) {
  std::string text;
  for (auto const& limit : w.limits) {
    auto const words = metric_text(limit.metric, typical_value(inputs, limit.metric));
    text += fmt::format("{}{} ≤ {}", text.empty() ? "" : ", ", words.name, words.shown(limit.value));
  }
  return text;
}

std::string percent_cell(Counts const& counts) {
  auto const interval = percent_interval(counts);
  return fmt::format("<b>{:.2f}&#8239;%</b><small>{:.2f} to {:.2f}</small>", counts.percent(), interval.low, interval.high);
}

std::string pill(Comparison const& c) {
  switch (c.verdict) {
    case Verdict::better:
      return "<span class=\"pill better\">▲ better</span>";
    case Verdict::worse:
      return "<span class=\"pill worse\">▼ worse</span>";
    case Verdict::same_network:
      return "<span class=\"pill even\">= same network</span>";
    case Verdict::within_error:
      break;
  }
  return "<span class=\"pill even\">● within error</span>";
}

// Both intervals of one row on the scale that all rows share.
std::string interval_picture(study::VerifiedWinner const& w, Scale const& scale) {
  std::string svg =
      "<svg class=\"span\" viewBox=\"0 0 150 30\" aria-hidden=\"true\"><path class=\"rule\" d=\"M0 "
      "29.5H150\"/>";
  auto const bar = [&](Counts const& counts, char const* css, double y) {
    auto const interval = percent_interval(counts);
    svg += fmt::format(
        "<g class=\"{}\"><path d=\"M{:.1f} {}H{:.1f}\"/><circle cx=\"{:.1f}\" cy=\"{}\" "
        "r=\"4\"/></g>",
        css, scale(interval.low), y, scale(interval.high), scale(counts.percent()), y);
  };
  bar(w.network.test, "w", 8);
  if (w.best_collected) bar(w.best_collected->network.test, "r", 20);
  return svg + "</svg>";
}

Scale common_scale(std::vector<study::VerifiedWinner> const& winners) {
  DataRange range{100, 0};
  auto const see = [&](Counts const& counts) {
    auto const interval = percent_interval(counts);
    range.low = std::min(range.low, interval.low);
    range.high = std::max(range.high, interval.high);
  };
  for (auto const& w : winners) {
    see(w.network.test);
    if (w.best_collected) see(w.best_collected->network.test);
  }
  range = padded(range, 0.02);
  return {range.low, range.high, 4, 146};
}

}  // namespace

std::string winners_sentence(Inputs const& inputs) {
  int better = 0, worse = 0, even = 0, same = 0, alone = 0;
  double worst = 0;
  for (auto const& w : inputs.verification.winners) {
    auto const c = comparison_of(w);
    if (!c) ++alone;
    else if (c->verdict == Verdict::better) ++better;
    else if (c->verdict == Verdict::worse) ++worse, worst = std::min(worst, c->difference);
    else if (c->verdict == Verdict::same_network) ++same;
    else ++even;
  }
  auto const total = inputs.verification.winners.size();
  std::string text;
  auto const say = [&](int n, std::string const& what) {
    if (n == 0) return;
    if (!text.empty()) text += ", ";
    if (static_cast<std::size_t>(n) == total && total > 1) text += "all ";
    text += std::to_string(n) + " " + what;
  };
  say(better, "better by more than the error");
  say(even, "not to be told apart from it");
  say(same, "the same network");
  say(worse, fmt::format("worse by up to {:.2f} points", -worst));
  say(alone, "without a collected sample to compare with");
  return "Against the best collected sample under the same limit, on the same test images: " + text + ".";
}

std::string headline(Inputs const& inputs) {
  std::string lede;
  if (inputs.verification.winners.empty()) {
    lede = "No verified winners yet.";
    if (!inputs.quant.dataset.rows.empty() || !inputs.fp.dataset.rows.empty()) lede += " The labels collected so far are below.";
  } else {
    double low = 100, high = 0;
    for (auto const& w : inputs.verification.winners)
      low = std::min(low, w.network.test.percent()), high = std::max(high, w.network.test.percent());
    auto const range = high - low < 0.005 ? fmt::format("{:.2f}&#8239;%", high) : fmt::format("{:.2f} to {:.2f}&#8239;%", low, high);
    lede = fmt::format("{}: {} top-1 on {}. {}",
                       inputs.verification.winners.size() == 1
                           ? std::string("One network")
                           : fmt::format("{} networks, one for each limit", inputs.verification.winners.size()),
                       range, counted(inputs.verification.test_images, "test image"), escaped(winners_sentence(inputs)));
  }
  auto html = fmt::format(
      "<header>\n<p class=\"eyebrow\">apq study</p>\n<h1>{}</h1>\n<p class=\"lede\">{}</p>\n<div "
      "class=\"facts\">",
      escaped(inputs.study), lede);
  auto const fact = [&](std::string const& value, std::string const& what) {
    html += fmt::format("<div><b>{}</b>{}</div>", value, escaped(what));
  };
  fact(grouped(inputs.fp.dataset.rows.size()), "full-precision labels");
  fact(grouped(inputs.quant.dataset.rows.size()), "quantised labels");
  if (inputs.search) fact(grouped(inputs.search->candidates), "candidates scored");
  if (!inputs.ledger.empty()) {
    auto const total = energy::total_of(inputs.ledger);
    fact(duration(total.wall_s), "all stages");
    fact(std::isfinite(total.kwh) ? figure(1000 * total.kwh) + "&#8239;Wh" : "unknown", "energy");
    fact(std::isfinite(total.gco2e) ? figure(total.gco2e) + "&#8239;g" : "unknown", "CO₂e");
  }
  return html + "</div>\n</header>\n";
}

std::string stale_notice(std::vector<std::string> const& stale) {
  if (stale.empty()) return {};
  std::string items;
  for (auto const& sentence : stale) items += fmt::format("<li>{}</li>", escaped(sentence));
  return "<section class=\"stale\"><h2>Parts of this page are stale</h2><ul>" + items +
         "</ul><p>They are what was found before that changed, and do not fit the rest. <code>apq run</code> makes them "
         "anew.</p></section>\n";
}

std::string winners_section(Inputs const& inputs) {
  if (inputs.verification.winners.empty()) {
    if (!inputs.search) return section("Winners", missing("No search yet. It is made by", "apq search --study " + inputs.directory));
    return section("Winners", missing("The winners of the search are not verified on the test "
                                      "images yet. This does it, and the report:",
                                      "apq run --study " + inputs.directory));
  }
  auto const metrics = column_metrics(inputs);
  auto const scale = common_scale(inputs.verification.winners);
  std::string html =
      "<div class=\"scroll\"><table class=\"cards\">\n<thead><tr><th "
      "class=\"l\">limit</th><th>predicted</th><th>winner<br>on test, 95&#8239;%</th>"
      "<th>best collected<br>on test, 95&#8239;%</th><th></th><th>difference<br>(points)</th>";
  for (auto const m : metrics) html += fmt::format("<th>{}</th>", metric_text(m, typical_value(inputs, m)).axis());
  html += "</tr></thead>\n<tbody>\n";
  for (auto const& w : inputs.verification.winners) {
    html += fmt::format(
        "<tr><td data-label=\"limit\">{}</td><td "
        "data-label=\"predicted\"><span>{:.2f}&#8239;%<small>measured "
        "{:.2f}</small></span></td><td "
        "data-label=\"winner on test\"><span>{}</span></td>",
        limit_text(inputs, w), 100 * w.predicted, w.network.validation.percent(), percent_cell(w.network.test));
    if (auto const c = comparison_of(w))
      html += fmt::format(
          "<td data-label=\"best collected on test\"><span>{}</span></td><td "
          "data-label=\"both\">{}</td>"
          "<td data-label=\"difference\"><span><b>{:+.2f}</b> ± {:.2f}<br>{}</span></td>",
          percent_cell(w.best_collected->network.test), interval_picture(w, scale), c->difference, c->error, pill(*c));
    else
      html += fmt::format(
          "<td data-label=\"best collected\">none obeys it</td><td "
          "data-label=\"winner\">{}</td><td></td>",
          interval_picture(w, scale));
    for (auto const m : metrics) {
      auto const words = metric_text(m, typical_value(inputs, m));
      html += fmt::format("<td data-label=\"{}\">{}</td>", words.axis(), figure(words.factor * cost::value_of(w.network.cost, m)));
    }
    html += "</tr>\n";
  }
  html +=
      "</tbody></table></div>\n<p class=\"note\">Predicted: for the validation images, and below "
      "what was measured on them. "
      "Winners and best collected samples were evaluated on the same " +
      counted(inputs.verification.test_images, "test image") +
      ", which no earlier stage had seen. Best collected: highest validation accuracy among the "
      "quantised samples that obey the limit. Intervals are Wilson's; "
      "the error of the difference takes the two as independent, which is on the safe side for "
      "networks that saw the same images. "
      "A difference within its error is not called a win. Costs: " +
      escaped(inputs.cost_description) + ".</p>\n";
  return section("Winners", html);
}

std::string tradeoff_section(Inputs const& inputs) {
  auto const metrics = tradeoff_metrics(inputs);
  auto const first = tradeoff(inputs, metrics.front());
  if (!first)
    return section("Accuracy against cost",
                   missing("No quantised labels yet. They are made by", "apq collect --stage quant --study " + inputs.directory));
  std::string const caption = fmt::format(
      "Grey: {}, accuracy on {}. Line: the best prediction among the networks of the search's "
      "front up to each cost. Marked: networks evaluated on {}, with 95&#8239;% intervals. "
      "Validation and test images differ, so compare marks with marks and dots with dots.",
      counted(inputs.quant.dataset.rows.size(), "collected quantised sample"), images_seen(inputs.quant.dataset.rows),
      counted(inputs.verification.test_images, "test image"));
  auto html = wide_picture(*first, caption) + "<div class=\"pair\">\n";
  for (std::size_t i = 1; i < metrics.size(); ++i) {
    auto chart = tradeoff(inputs, metrics[i]);
    if (chart) chart->legend = false;  // as in the wide one above
    html += picture(chart, {470, 340},
                    fmt::format("Against {}, marks as above", metric_text(metrics[i], typical_value(inputs, metrics[i])).name), "");
  }
  return section(fmt::format("Accuracy against {}", metric_text(metrics.front(), typical_value(inputs, metrics.front())).name),
                 html + "</div>\n");
}

std::string networks_section(Inputs const& inputs) {
  if (inputs.verification.winners.empty()) return {};
  std::string html = "<p>Architecture, pruned widths and bit widths of each winner, block by block.</p>\n";
  for (auto const& w : inputs.verification.winners) {
    if (!space::is_valid(inputs.space, w.network.genes)) continue;
    auto const subnet = space::subnet_of(inputs.space, w.network.genes);
    html += fmt::format(
        "<details><summary>{}</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th "
        "class=\"l\">block</th><th>stage</th><th>kernel</th><th>middle channels</th><th>of at "
        "most</th>"
        "<th>pointwise bits<br>weights / activations</th><th>depthwise bits<br>weights / "
        "activations</th></tr></thead>\n<tbody>\n",
        limit_text(inputs, w));
    for (int b = 0; b < inputs.space.num_blocks(); ++b) {
      if (!space::is_active(inputs.space, w.network.genes, b)) continue;
      auto const i = static_cast<std::size_t>(b);
      auto const bits = [&](space::Role role) {
        return subnet.bits ? std::to_string((*subnet.bits)[static_cast<std::size_t>(role)][i]) : std::string("32");
      };
      html += fmt::format(
          "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{} / {}</td><td>{} / "
          "{}</td></tr>\n",
          b + 1, inputs.space.blocks[i].stage + 1, subnet.kernels[i], subnet.middle_channels[i],
          inputs.space.blocks[i].middle_channels.back(), bits(space::Role::pw_w), bits(space::Role::pw_a), bits(space::Role::dw_w),
          bits(space::Role::dw_a));
    }
    html += "</tbody></table></div></details>\n";
  }
  return section("The networks", html);
}

std::string uniform_section(Inputs const& inputs) {
  if (inputs.verification.uniform.size() < 2) return {};
  auto const& reference = inputs.verification.uniform.front();
  auto const metrics = column_metrics(inputs);
  std::string html =
      "<div class=\"scroll\"><table>\n<thead><tr><th class=\"l\">bits</th><th>top-1 on "
      "validation</th><th>top-1 on test, 95&#8239;%</th><th>lost on test<br>(points)</th>";
  for (auto const m : metrics) html += fmt::format("<th>{}</th>", metric_text(m, typical_value(inputs, m)).axis());
  html += "</tr></thead>\n<tbody>\n";
  for (auto const& u : inputs.verification.uniform) {
    auto const name = u.bits ? fmt::format("W{}A{}", (*u.bits)[0], (*u.bits)[1]) : std::string("full precision");
    html +=
        fmt::format("<tr><td class=\"l\">{}</td><td>{:.2f}&#8239;%</td><td>{}</td><td>{}</td>", name, u.validation.percent(),
                    percent_cell(u.test), u.bits ? fmt::format("{:.2f}", reference.test.percent() - u.test.percent()) : std::string("–"));
    for (auto const m : metrics) {
      auto const words = metric_text(m, typical_value(inputs, m));
      double const value = cost::value_of(u.cost, m);
      html += fmt::format("<td>{}</td>", std::isfinite(value) ? figure(words.factor * value) : std::string("–"));
    }
    html += "</tr>\n";
  }
  html +=
      "</tbody></table></div>\n<p class=\"note\">The largest network with the same bit widths in "
      "every searched block (the first and last layers stay at 8 bits), calibrated but not "
      "fine-tuned, as every quantised sample is. A dash: the cost model has no such layer.</p>\n";
  return section("Uniform bit widths", html);
}

}  // namespace apq::report
