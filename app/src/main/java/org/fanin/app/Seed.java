package org.fanin.app;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A seed in decimal: −2⁶³ to 2⁶⁴ − 1, of which those from 2⁶³ on are the same bits as negative
/// ones.
final class Seed implements ITypeConverter<Long> {
  @Override
  public Long convert(String text) {
    try {
      return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    } catch (NumberFormatException _) {
      throw new TypeConversionException("found " + text + ", wanted a whole number of 64 bits");
    }
  }
}
