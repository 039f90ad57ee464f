#include "report/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "report/axis.hpp"
#include "report/text.hpp"

namespace apq::report {
namespace {

constexpr double text_size = 13, line_height = 17;
constexpr std::size_t most_single_marks = 1500;  // more than that become one path
constexpr std::size_t most_drawn = 20'000;       // of one series; the CSV has all

char const* css_class(Tone tone) {
  static constexpr std::array names{"t0", "t1", "t2", "t3", "t4", "t5", "t6"};
  return names[static_cast<std::size_t>(tone)];
}

// Mean advance of the system fonts' digits and lower case; only placing depends on it.
double text_width(std::string const& text) { return 0.6 * text_size * static_cast<double>(text.size()); }

bool is_line(Form form) { return form == Form::line || form == Form::dashed || form == Form::step; }

class Drawing {
 public:
  Drawing(Chart const& chart, Size size) : chart_(chart), size_(size) {
    place();
    grid();
    for (double const limit : chart_.limits) limit_line(limit);
    for (auto const& series : chart_.series) draw(series);
    end_labels();
    legend();
  }
  std::string const& body() const { return body_; }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
    body_ += '\n';
  }
  void text(double x, double y, char const* anchor, char const* css, std::string const& words) {
    add(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>)", x, y, anchor, css, escaped(words));
  }

  DataRange range_of(bool horizontal) const {
    auto const& axis = horizontal ? chart_.x : chart_.y;
    DataRange range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    auto const see = [&](double v) {
      if (!std::isfinite(v) || (axis.logarithmic && v <= 0)) return;
      range.low = std::min(range.low, v);
      range.high = std::max(range.high, v);
    };
    bool bars = false;
    for (auto const& series : chart_.series)
      for (auto const& p : series.points) {
        bars = bars || series.form == Form::bars;
        see(horizontal ? p.x : p.y);
        see(horizontal ? p.x_end : p.low);
        if (!horizontal) see(p.high);
      }
    if (horizontal)
      for (double const limit : chart_.limits) see(limit);
    if (!(range.low <= range.high)) range = {0, 1};
    bool const from_zero = bars && !horizontal;
    range = padded(range, 0.05, axis.logarithmic);
    if (from_zero) range.low = 0;
    if (std::isfinite(axis.low)) range.low = axis.low;
    if (std::isfinite(axis.high)) range.high = axis.high;
    return range;
  }

  // Rows of the legend, broken where the width ends.
  void place_legend() {
    if (!chart_.legend) return;
    double const from = 4, to = size_.width - 4;
    double x = from;
    int row = 0;
    auto const entry = [&](Series const* series, std::string const& name) {
      double const width = 24 + text_width(name) + 16;
      if (x + width > to && x > from) x = from, ++row;
      legend_.push_back({series, name, x, row});
      x += width;
    };
    for (auto const& series : chart_.series)
      if (!series.points.empty() && !series.at_end && !series.name.empty()) entry(&series, series.name);
    if (!chart_.limits.empty()) entry(nullptr, "limit");
    legend_rows_ = legend_.empty() ? 0 : row + 1;
  }

  void place() {
    place_legend();
    double const top = 8 + legend_rows_ * (line_height + 3) + (legend_rows_ > 0 ? 32 : 22);
    double const bottom = size_.height - 46.0;
    auto const yr = range_of(false);
    y_ = {yr.low, yr.high, bottom, top, chart_.y.logarithmic};
    y_ticks_ = chart_.y.logarithmic ? log_ticks(yr.low, yr.high)
                                    : linear_ticks(yr.low, yr.high, std::max(3, static_cast<int>((bottom - top) / 48)));
    double left = 20, right = size_.width - 14.0;
    for (auto const& tick : y_ticks_) left = std::max(left, text_width(tick.label) + 14);
    for (auto const& series : chart_.series)
      if (series.at_end && !series.points.empty()) right = std::min(right, size_.width - 12 - text_width(series.name));
    auto const xr = range_of(true);
    x_ = {xr.low, xr.high, left, right, chart_.x.logarithmic};
    x_ticks_ = chart_.x.logarithmic ? log_ticks(xr.low, xr.high)
                                    : linear_ticks(xr.low, xr.high, std::max(3, static_cast<int>((right - left) / 85)));
  }

  void grid() {
    for (auto const& tick : y_ticks_) {
      add(R"(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>)", x_.first, y_(tick.value), x_.last);
      text(x_.first - 8, y_(tick.value) + 4.5, "end", "tick", tick.label);
    }
    for (auto const& tick : x_ticks_) {
      add(R"(<path class="axis" d="M{:.1f} {:.1f}v5"/>)", x_(tick.value), y_.first);
      text(x_(tick.value), y_.first + 20, "middle", "tick", tick.label);
    }
    add(R"(<path class="axis" d="M{:.1f} {:.1f}H{:.1f}"/>)", x_.first, y_.first, x_.last);
    text(4, y_.last - 12, "start", "title", chart_.y.title);
    text(x_.last, size_.height - 6.0, "end", "title", chart_.x.title);
    if (!chart_.diagonal) return;
    double const low = std::max(x_.low, y_.low), high = std::min(x_.high, y_.high);
    if (low < high) add(R"(<path class="limit" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>)", x_(low), y_(low), x_(high), y_(high));
  }

  void limit_line(double limit) { add(R"(<path class="limit" d="M{:.1f} {:.1f}V{:.1f}"/>)", x_(limit), y_.first, y_.last); }

  void whiskers(Point const& p, bool faint = false) {
    if (!std::isfinite(p.low) || !std::isfinite(p.high)) return;
    double const x = x_(p.x), low = y_(p.low), high = y_(p.high);
    add(R"(<path class="{4}" d="M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {1:.1f}h6M{3:.1f} {2:.1f}h6"/>)", x, low, high, x - 3,
        faint ? "err faint" : "err");
  }

  std::string told(Series const& series, Point const& p) const {
    auto words = fmt::format("{}: {:.4g}, {:.4g}", series.name, p.x, p.y);
    if (std::isfinite(p.low)) words += fmt::format(" ({:.4g} to {:.4g})", p.low, p.high);
    return p.label.empty() ? words : words + ", " + p.label;
  }

  void marks(Series const& series) {
    auto const& points = series.points;
    std::size_t const stride = (points.size() + most_drawn - 1) / most_drawn;
    if (points.size() > most_single_marks) {  // dots as zero-length strokes with round ends: some ten bytes each
      std::string path;
      for (std::size_t i = 0; i < points.size(); i += stride) path += fmt::format("M{:.1f} {:.1f}h0", x_(points[i].x), y_(points[i].y));
      add(R"(<path class="cloud" d="{}"/>)", path);
      return;
    }
    bool const small = points.size() > 30;
    for (auto const& p : points) whiskers(p, small);
    for (auto const& p : points) {
      double const x = x_(p.x), y = y_(p.y);
      if (series.form == Form::diamonds)
        add(R"(<path class="mark" d="M{:.1f} {:.1f}l5.5 5.5 -5.5 5.5 -5.5 -5.5z"><title>{}</title></path>)", x, y - 5.5,
            escaped(told(series, p)));
      else
        add(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>)",
            series.form == Form::rings ? "ring"
            : small                    ? "dot"
                                       : "mark",
            x, y,
            series.form == Form::rings ? 4.5
            : small                    ? 2.6
                                       : 5.5,
            escaped(told(series, p)));
    }
    if (!small)
      for (auto const& p : points) {
        double const low = std::isfinite(p.low) ? y_(p.low) : y_(p.y) + 6;
        double const high = std::isfinite(p.high) ? y_(p.high) : y_(p.y) - 6;
        boxes_.push_back({x_(p.x) - 5, high, 10, low - high});
      }
    for (auto const& p : points)
      if (!p.label.empty()) point_label(p);
  }

  // Beside the point where no earlier label stands: right above, right below, left above, left
  // below.
  void point_label(Point const& p) {
    double const width = text_width(p.label) + 6;
    std::optional<Box> chosen;
    bool at_left = false;
    for (int attempt = 0; attempt < 4; ++attempt) {
      bool const left = attempt >= 2, below = attempt % 2 == 1;
      Box const box{left ? x_(p.x) - 8 - width : x_(p.x) + 8, y_(p.y) + (below ? 4 : -21), width, 17};
      if (chosen && (box.x < x_.first || box.x + box.width > size_.width || overlaps(box))) continue;
      if (!chosen || overlaps(*chosen) || chosen->x + chosen->width > size_.width) {
        chosen = box;
        at_left = left;
      }
    }
    boxes_.push_back(*chosen);
    text(at_left ? x_(p.x) - 8 : chosen->x, chosen->y + 13, at_left ? "end" : "start", "label halo", p.label);
  }
  struct Box {
    double x, y, width, height;
  };
  bool overlaps(Box const& a) const {
    return std::any_of(boxes_.begin(), boxes_.end(), [&](Box const& b) {
      return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
    });
  }

  void draw(Series const& series) {
    if (series.points.empty()) return;
    add(R"(<g class="{}">)", css_class(series.tone));
    if (series.form == Form::bars) {
      for (auto const& p : series.points)
        add(R"(<path class="bar" d="M{:.1f} {:.1f}V{:.1f}H{:.1f}V{:.1f}z"><title>{:.4g} to {:.4g}: {:g}</title></path>)", x_(p.x) + 0.5,
            y_.first, y_(p.y), x_(p.x_end) - 0.5, y_.first, p.x, p.x_end, p.y);
    } else if (is_line(series.form)) {
      std::string path;
      for (auto const& p : series.points) {
        if (path.empty()) path = fmt::format("M{:.1f} {:.1f}", x_(p.x), y_(p.y));
        else if (series.form == Form::step) path += fmt::format("H{:.1f}V{:.1f}", x_(p.x), y_(p.y));
        else path += fmt::format("L{:.1f} {:.1f}", x_(p.x), y_(p.y));
      }
      add(R"(<path class="{}" d="{}"><title>{}</title></path>)", series.form == Form::dashed ? "line dash" : "line", path,
          escaped(series.name));
      for (auto const& p : series.points) whiskers(p);
      if (series.form != Form::step && series.points.size() <= 12)
        for (auto const& p : series.points)
          add(R"(<circle class="mark" cx="{:.1f}" cy="{:.1f}" r="4"><title>{}</title></circle>)", x_(p.x), y_(p.y),
              escaped(told(series, p)));
    } else {
      marks(series);
    }
    add("</g>");
  }

  // Names at the ends of lines, pushed apart so that none covers another.
  void end_labels() {
    struct Label {
      Series const* series;
      double x, y;
    };
    std::vector<Label> labels;
    for (auto const& series : chart_.series)
      if (series.at_end && !series.points.empty()) labels.push_back({&series, x_(series.points.back().x), y_(series.points.back().y)});
    std::stable_sort(labels.begin(), labels.end(), [](auto const& a, auto const& b) { return a.y < b.y; });
    for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + line_height);
    double floor = y_.first;
    for (std::size_t i = labels.size(); i-- > 0; floor = labels[i].y - line_height) labels[i].y = std::min(labels[i].y, floor);
    for (auto const& label : labels) {
      add(R"(<g class="{}">)", css_class(label.series->tone));
      text(label.x + 8, label.y + 4.5, "start", "end", label.series->name);
      add("</g>");
    }
  }

  void legend() {
    for (auto const& entry : legend_) {
      double const x = entry.x, y = 8 + entry.row * (line_height + 3) + 9;
      auto const form = entry.series ? entry.series->form : Form::dashed;
      add(R"(<g class="{}">)", entry.series ? css_class(entry.series->tone) : "");
      if (!entry.series) add(R"(<path class="limit" d="M{:.1f} {:.1f}v14"/>)", x + 9, y - 7);
      else if (is_line(form)) add(R"(<path class="{}" d="M{:.1f} {:.1f}h18"/>)", form == Form::dashed ? "line dash" : "line", x, y);
      else if (form == Form::diamonds) add(R"(<path class="mark" d="M{:.1f} {:.1f}l5.5 5.5 -5.5 5.5 -5.5 -5.5z"/>)", x + 9, y - 5.5);
      else if (form == Form::bars) add(R"(<path class="bar" d="M{:.1f} {:.1f}h12v12h-12z"/>)", x + 3, y - 6);
      else {
        bool const small = entry.series->points.size() > 30;
        add(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"/>)",
            form == Form::rings ? "ring"
            : small             ? "dot"
                                : "mark",
            x + 9, y, small ? 3.5 : 5.0);
      }
      add("</g>");
      text(x + 23, y + 4.5, "start", "legend", entry.name);
    }
  }

  struct LegendEntry {
    Series const* series;  // null: the limits
    std::string name;
    double x;
    int row;
  };
  Chart const& chart_;
  Size size_;
  Scale x_{}, y_{};
  std::vector<Tick> x_ticks_, y_ticks_;
  std::vector<LegendEntry> legend_;
  int legend_rows_ = 0;
  std::vector<Box> boxes_;
  std::string body_;
};

std::string csv_field(std::string const& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char const c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

struct Palette {
  char const *ground, *ink, *muted, *grid, *axis;
  std::array<char const*, 7> tones;
};
constexpr Palette light{"#ffffff", "#161b22", "#59636e",
                        "#e8ebef", "#98a2ae", {"#8896a8", "#0067a8", "#cc4f00", "#008a63", "#9a3f8f", "#946c00", "#161b22"}};
constexpr Palette dark{"#11161d", "#e9edf2", "#9ba7b4",
                       "#252d38", "#5c6878", {"#8192a6", "#5ab6f0", "#ff9350", "#35c79a", "#dd92cb", "#e5ba4c", "#e9edf2"}};

std::string rules(Palette const& p) {
  auto css = fmt::format(
      ".chart .ground{{fill:{0}}}.chart text{{fill:{1}}}.chart .tick,.chart .title,.chart "
      ".legend{{fill:{2}}}.chart .grid{{stroke:{3}}}"
      ".chart .axis,.chart .limit{{stroke:{4}}}.chart .mark{{stroke:{0}}}.chart "
      ".ring{{fill:{0}}}.chart .halo{{stroke:{0}}}",
      p.ground, p.ink, p.muted, p.grid, p.axis);
  for (std::size_t i = 0; i < p.tones.size(); ++i)
    css += fmt::format(
        ".chart .t{0} .mark,.chart .t{0} .dot,.chart .t{0} .bar,.chart .t{0} "
        ".end{{fill:{1}}}.chart .t{0} .line,.chart .t{0} .err,.chart .t{0} .ring,"
        ".chart .t{0} .cloud{{stroke:{1}}}",
        i, p.tones[i]);
  return css;
}

std::string svg(Chart const& chart, Size size, char const* head, std::string const& style) {
  return fmt::format(R"(<svg {} class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">)"
                     "\n{}{}</svg>\n",
                     head, size.width, size.height, escaped(chart.description), style, Drawing(chart, size).body());
}

}  // namespace

std::string chart_style() {
  return ".chart text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica "
         "Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}"
         ".chart .label,.chart .end{font-weight:600}.chart "
         ".halo{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}"
         ".chart path{fill:none}.chart .grid,.chart .axis{stroke-width:1}.chart "
         ".limit{stroke-width:1;stroke-dasharray:3 3}"
         ".chart .line{stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}.chart "
         ".dash{stroke-dasharray:6 5}"
         ".chart .err{stroke-width:1.5}.chart .faint{stroke-width:1;opacity:.4}.chart "
         ".mark{stroke-width:1.5}.chart "
         ".dot{opacity:.55}.chart .ring{stroke-width:2}"
         ".chart .cloud{stroke-width:4;stroke-linecap:round;opacity:.45}.chart .bar{opacity:.8}" +
         rules(light) + "@media (prefers-color-scheme:dark){" + rules(dark) + "}";
}

std::string inline_svg(Chart const& chart, Size size) { return svg(chart, size, "", ""); }

std::string standalone_svg(Chart const& chart, Size size) {
  auto const style = fmt::format("<title>{}</title><style>{}</style><rect class=\"ground\" width=\"{}\" height=\"{}\"/>\n",
                                 escaped(chart.description), chart_style(), size.width, size.height);
  return svg(chart, size, fmt::format(R"(xmlns="http://www.w3.org/2000/svg" width="{}" height="{}")", size.width, size.height).c_str(),
             style);
}

std::string csv_of(Chart const& chart) {
  auto const number = [](double v) { return std::isfinite(v) ? fmt::format("{:.10g}", v) : std::string(); };
  auto csv = fmt::format("series,{},{},low,high,label\n", csv_field(chart.x.title), csv_field(chart.y.title));
  for (auto const& series : chart.series)
    for (auto const& p : series.points)
      csv += fmt::format("{},{},{},{},{},{}\n", csv_field(series.name), number(p.x), number(p.y), number(p.low), number(p.high),
                         csv_field(p.label));
  return csv;
}

}  // namespace apq::report
