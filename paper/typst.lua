-- What pandoc's typst writer has to be told about LaTeX. Used by topolens.paper where there is no TeX.

-- The typst file is compiled in another folder: paths become absolute.
local function absolute(path)
  return pandoc.path.join({ pandoc.system.get_working_directory(), path })
end

-- \ref and \eqref: typst does the counting.
function Link(link)
  local label, kind = link.attributes.reference, link.attributes["reference-type"]
  if label then
    local number = "#ref(<" .. label .. ">)"
    return pandoc.RawInline("typst", kind == "eqref" and "(" .. number .. ")" or number)
  end
end

-- The label of a table sits on a Div around it, where typst cannot refer to it.
function Div(div)
  local inner = div.content[1]
  if div.identifier ~= "" and inner and inner.t == "Table" then
    inner.identifier = div.identifier
    return inner
  end
end

-- What begins a list or a heading in typst is text at the start of a cell: the sign gets a backslash.
local function protected(blocks)
  local inner = blocks[1] and blocks[1].content
  local first = inner and inner[1]
  if first and first.t == "Str" then
    local head, sign, rest = first.text:match("^(%d*)([-+/=.])(.*)$")
    if sign and (head ~= "" or sign ~= ".") then
      inner:remove(1)
      for place, part in ipairs({ pandoc.Str(head), pandoc.RawInline("typst", "\\" .. sign), pandoc.Str(rest) }) do
        inner:insert(place, part)
      end
    end
  end
  return blocks
end

-- Where LaTeX has \allowbreak, which pandoc passes over: after the dots of names like H1.neighbours.vit.
local breakable = {
  Str = function(word)
    return pandoc.Str((word.text:gsub("%.(%a)", ".\u{200B}%1")))
  end,
}

function Table(tab)
  local bodies = { tab.head, tab.foot }
  for _, body in ipairs(tab.bodies) do
    table.insert(bodies, { rows = body.body })
    table.insert(bodies, { rows = body.head })
  end
  for _, body in ipairs(bodies) do
    for _, row in ipairs(body.rows) do
      for _, cell in ipairs(row.cells) do
        cell.contents = protected(cell.contents:walk(breakable))
      end
    end
  end
  return tab
end

function Image(image)
  image.src = absolute(image.src)
  return image
end

-- Raw, since pandoc would escape underscores in the path as if it were text.
function Meta(meta)
  local file = meta.bibliography and absolute(pandoc.utils.stringify(meta.bibliography))
  meta.bibliography = file and pandoc.MetaInlines({ pandoc.RawInline("typst", file) })
  return meta
end
