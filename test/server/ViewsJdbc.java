// What a BI tool does with the views, through pgjdbc; run by 061_views_jdbc.pl.
import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

public class ViewsJdbc {
	public static void main(String[] args) throws Exception {
		try (Connection connection = DriverManager.getConnection(args[0])) {
			switch (args[1]) {
				case "list": list(connection.getMetaData()); break;
				case "read": read(connection); break;
				case "make": make(connection); break;
				default: throw new IllegalArgumentException(args[1]);
			}
		}
	}

	static List<String> views(DatabaseMetaData data) throws SQLException {
		List<String> names = new ArrayList<>();
		try (ResultSet rows = data.getTables(null, "bi", "%", new String[] {"VIEW", "MATERIALIZED VIEW"})) {
			while (rows.next())
				names.add(rows.getString("TABLE_NAME"));
		}
		return names;
	}

	static void list(DatabaseMetaData data) throws SQLException {
		List<String> bare = new ArrayList<>();
		int count = 0;
		try (ResultSet rows = data.getTables(null, "bi", "%", new String[] {"VIEW"})) {
			for (; rows.next(); count++) {
				if (rows.getString("REMARKS") == null)
					bare.add(rows.getString("TABLE_NAME"));
			}
		}
		System.out.println("views=" + count);
		System.out.println("views without comment=" + String.join(" ", bare));

		List<String> silent = new ArrayList<>();
		List<String> loose = new ArrayList<>();
		Set<String> types = new TreeSet<>();
		count = 0;
		try (ResultSet rows = data.getColumns(null, "bi", "%", "%")) {
			for (; rows.next(); count++) {
				String name = rows.getString("TABLE_NAME") + "." + rows.getString("COLUMN_NAME");
				types.add(rows.getString("TYPE_NAME"));
				if (rows.getString("REMARKS") == null)
					silent.add(name);
				// the driver says 131089 and 0 of a numeric without precision
				if (rows.getString("TYPE_NAME").equals("numeric")
						&& (rows.getInt("COLUMN_SIZE") > 1000 || rows.getInt("DECIMAL_DIGITS") <= 0))
					loose.add(name);
			}
		}
		System.out.println("columns=" + count);
		System.out.println("columns without comment=" + String.join(" ", silent));
		System.out.println("decimals without scale=" + String.join(" ", loose));
		System.out.println("types=" + String.join(" ", types));
	}

	// rows and a sum over all values that does not depend on the order of rows
	static void read(Connection connection) throws SQLException {
		connection.setReadOnly(true);
		connection.setAutoCommit(false);
		for (String view : views(connection.getMetaData())) {
			long rows = 0;
			long sum = 0;
			try (Statement statement = connection.createStatement()) {
				statement.setFetchSize(100);
				ResultSet result = statement.executeQuery("select * from bi.\"" + view + "\"");
				int columns = result.getMetaData().getColumnCount();
				for (; result.next(); rows++) {
					StringBuilder line = new StringBuilder();
					for (int i = 1; i <= columns; i++) {
						Object value = result.getObject(i);
						if (value instanceof Timestamp)
							value = ((Timestamp) value).getTime();
						if (value instanceof Double && !Double.isFinite((Double) value))
							System.out.println(view + " holds " + value);
						line.append(value).append('|');
					}
					sum += line.toString().hashCode();
				}
			}
			System.out.println(view + "=" + rows + " " + sum);
		}
		connection.commit();
	}

	static void make(Connection connection) throws SQLException {
		try (PreparedStatement call = connection.prepareStatement("select view_name from revops.rfm_create_views(prefix => ?, source => ?, customer => ?,"
				+ " ordered_at => ?, amount => ?, bins => ?, target_schema => ?, as_of => ?, time_zone => ?)")) {
			call.setString(1, "bound");
			call.setString(2, "erp.orders");
			call.setString(3, "customer");
			call.setString(4, "at");
			call.setString(5, "amount");
			call.setInt(6, 5);
			call.setString(7, "bi");
			call.setObject(8, java.time.LocalDate.of(2025, 6, 30));
			call.setString(9, "Asia/Shanghai");
			ResultSet rows = call.executeQuery();
			while (rows.next())
				System.out.println(rows.getString(1));
		}
	}
}
